"""How far confidence is from accuracy."""

from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.metrics.classes import Floats, Indices, ratio


def expected_calibration_error(
    probabilities: npt.NDArray[Any], truth: Indices, bins: int = 15
) -> float:
    """Mean gap between confidence and accuracy (Guo et al. 2017, eq. 3), 0 to 1.

    Args:
        probabilities: shape ``(n, n_classes)``, rows sum to 1.
        truth: class indices, shape ``(n,)``.
        bins: number of equal intervals of confidence.

    Raises:
        ValueError: if there is no utterance.
    """
    share, confidence, accuracy = reliability(probabilities, truth, bins)
    return float(np.nansum(share * np.abs(accuracy - confidence)))


def reliability(
    probabilities: npt.NDArray[Any], truth: Indices, bins: int = 15
) -> tuple[Floats, Floats, Floats]:
    """Share of utterances, mean confidence and accuracy in each interval of confidence.

    Args:
        probabilities: shape ``(n, n_classes)``, rows sum to 1.
        truth: class indices, shape ``(n,)``.
        bins: number of equal intervals of confidence, each open below and closed above.

    Returns:
        Three arrays of shape ``(bins,)``; confidence and accuracy are NaN where no utterance is.

    Raises:
        ValueError: if there is no utterance.
    """
    if len(truth) == 0:
        raise ValueError("calibration needs at least one utterance, found none")
    top = probabilities.max(1).astype(np.float64)
    right = probabilities.argmax(1) == np.asarray(truth)
    # Intervals are open below: a confidence of exactly 0.2 belongs to (0.133, 0.2].
    interval = np.clip(np.ceil(top * bins).astype(np.int64) - 1, 0, bins - 1)
    n = np.bincount(interval, minlength=bins)
    confidence = ratio(np.bincount(interval, top, bins), n)
    return n / n.sum(), confidence, ratio(np.bincount(interval, right, bins), n)
