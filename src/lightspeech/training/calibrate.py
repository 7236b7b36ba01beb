"""Calibration on the selection set: a temperature, and a threshold for *uncertain*."""

import numpy as np
import numpy.typing as npt

from lightspeech.audio.windows import Over

Array = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]

TEMPERATURES = np.geomspace(0.25, 4.0, 81)


def utterance_probabilities(
    logits: Array, counts: Index, temperature: float, over: Over = "mean"
) -> Array:
    """Turn window logits into the probabilities of each utterance.

    Args:
        logits: of all windows, shape ``(windows, n_classes)``.
        counts: windows of each utterance, shape ``(n,)``.
        temperature: logits are divided by it; > 0.
        over: as of `Windows`.

    Returns:
        Shape ``(n, n_classes)``.
    """
    scaled = logits / temperature
    exponent = np.exp(scaled - scaled.max(1, keepdims=True))
    probabilities = exponent / exponent.sum(1, keepdims=True)
    first = np.cumsum(counts) - counts
    if over == "max":
        largest = np.maximum.reduceat(probabilities, first, axis=0)
        answers: Array = largest / largest.sum(1, keepdims=True)
        return answers
    sums = np.add.reduceat(probabilities, first, axis=0)
    mean: Array = (sums / counts[:, None]).astype(np.float32)
    return mean


def fit_temperature(logits: Array, counts: Index, truth: Index, over: Over = "mean") -> float:
    """Find the temperature with the least negative log-likelihood (Guo et al. 2017, sec. 4.2).

    Args:
        logits: of all windows, shape ``(windows, n_classes)``.
        counts: windows of each utterance, shape ``(n,)``.
        truth: class of each utterance, shape ``(n,)``.
        over: as of `Windows`.

    Returns:
        One of `TEMPERATURES`.
    """

    def loss(temperature: float) -> float:
        p = utterance_probabilities(logits, counts, temperature, over)
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
