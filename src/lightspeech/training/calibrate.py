"""Calibration on the selection set: a temperature, and a threshold for *uncertain*."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]

TEMPERATURES = np.geomspace(0.25, 4.0, 81)


def utterance_probabilities(logits: Array, counts: Index, temperature: float) -> Array:
    """Turn window logits into the mean probabilities of each utterance.

    Args:
        logits: of all windows, shape ``(windows, n_classes)``.
        counts: windows of each utterance, shape ``(n,)``.
        temperature: logits are divided by it; > 0.

    Returns:
        Shape ``(n, n_classes)``.
    """
    scaled = logits / temperature
    exponent = np.exp(scaled - scaled.max(1, keepdims=True))
    probabilities = exponent / exponent.sum(1, keepdims=True)
    sums = np.add.reduceat(probabilities, np.cumsum(counts) - counts, axis=0)
    mean: Array = (sums / counts[:, None]).astype(np.float32)
    return mean


def fit_temperature(logits: Array, counts: Index, truth: Index) -> float:
    """Find the temperature with the least negative log-likelihood (Guo et al. 2017, sec. 4.2).

    Args:
        logits: of all windows, shape ``(windows, n_classes)``.
        counts: windows of each utterance, shape ``(n,)``.
        truth: class of each utterance, shape ``(n,)``.

    Returns:
        One of `TEMPERATURES`.
    """

    def loss(temperature: float) -> float:
        p = utterance_probabilities(logits, counts, temperature)
        return float(-np.log(np.maximum(p[np.arange(len(truth)), truth], 1e-9)).mean())

    return float(min(TEMPERATURES, key=loss))


def fit_threshold(probabilities: Array, truth: Index) -> float:
    """Find the top probability that best parts right answers from wrong ones (Youden's J).

    Answers below it are called uncertain. Without a wrong or a right answer there is nothing to
    part: 0, nothing is uncertain.

    Args:
        probabilities: of each utterance, shape ``(n, n_classes)``.
        truth: class of each utterance, shape ``(n,)``.
    """
    top, right = probabilities.max(1), probabilities.argmax(1) == truth
    if right.all() or not right.any():
        return 0.0
    candidates = np.unique(top)
    gains = [(top[right] >= c).mean() - (top[~right] >= c).mean() for c in candidates]
    return float(candidates[int(np.argmax(gains))])
