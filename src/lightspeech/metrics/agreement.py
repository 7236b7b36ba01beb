"""How well told ratings agree with those of listeners."""

from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.metrics.classes import Floats
from lightspeech.metrics.intervals import percentiles


def concordance(told: npt.NDArray[Any], truth: npt.NDArray[Any]) -> float:
    """Concordance correlation coefficient (Lin 1989), what dimensional emotion is scored by.

    Args:
        told: by a model, shape ``(n,)``.
        truth: by listeners, same shape.

    Returns:
        −1 to 1; 0 where both are one and the same number throughout.

    Example:
        >>> round(concordance(np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 4.0])), 4)
        0.5714
    """
    return float(_concordance(_moments(told, truth).sum(0)))


def concordance_ci(
    told: npt.NDArray[Any],
    truth: npt.NDArray[Any],
    speakers: npt.NDArray[Any],
    *,
    replicates: int = 2_000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of the concordance, by resampling speakers with replacement.

    Args:
        told: by a model, shape ``(seeds, n)``; a replicate is the mean over seeds.
        truth: by listeners, shape ``(n,)``.
        speakers: of each, shape ``(n,)``.
        replicates: number of resamples.
        level: coverage, 0 to 1.
        seed: of the resampling.

    Returns:
        Lower and upper bound, −1 to 1.
    """
    names, places = np.unique(speakers, return_inverse=True)
    draws = np.random.default_rng(seed).integers(len(names), size=(replicates, len(names)))
    values = []
    for row in told:
        sums = np.zeros((len(names), 6))
        np.add.at(sums, places, _moments(row, truth))
        values.append(_concordance(sums[draws].sum(1)))
    return percentiles(np.mean(values, 0), level)


def _moments(told: npt.NDArray[Any], truth: npt.NDArray[Any]) -> Floats:
    """What the concordance of any number of pairs is computed from, added up."""
    x, y = np.asarray(told, np.float64), np.asarray(truth, np.float64)
    return np.stack((np.ones_like(x), x, y, x * x, y * y, x * y), 1)


def _concordance(sums: Floats) -> Floats:
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    covariance = xy / n - x * y / n**2
    total = (xx + yy) / n - 2 * x * y / n**2  # both variances, and the means' distance squared
    return np.where(total > 1e-12, 2 * covariance / np.maximum(total, 1e-12), 0.0)
