"""Two systems on the same speakers: by how much one is better, and whether that may be chance."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

EXACT = 16
"""Speakers up to which all signs are tried; of more, `DRAWS` are drawn."""
DRAWS = 100_000
REPLICATES = 10_000
BLOCK = 5_000
"""Draws at once, so that memory stays small."""


def interval(differences: Floats, *, level: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean difference, by resampling speakers.

    Args:
        differences: one a speaker, shape ``(speakers,)``.
        level: coverage, 0 to 1.
        seed: of the resampling.

    Returns:
        Lower and upper bound, in the unit of the differences.

    Raises:
        ValueError: if there are fewer than two speakers.
    """
    _require_several(differences)
    rng, n = np.random.default_rng(seed), len(differences)
    means = differences[rng.integers(n, size=(REPLICATES, n))].mean(1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def p_value(differences: Floats, *, seed: int = 0) -> float:
    """Two-sided p of a sign-flip test: if systems were alike, each sign could be the other.

    Exact for up to `EXACT` speakers; beyond, never below ``1 / (DRAWS + 1)``.

    Args:
        differences: one a speaker, shape ``(speakers,)``.
        seed: of the signs that are drawn.

    Returns:
        From 0 to 1.

    Raises:
        ValueError: if there are fewer than two speakers.
    """
    _require_several(differences)
    n = len(differences)
    # Sums of the same numbers in another order differ in their last bits.
    bar = abs(differences.sum()) - 1e-12 * np.abs(differences).sum()
    if n <= EXACT:
        signs = 1 - 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
        return float(np.mean(np.abs(signs @ differences) >= bar))
    rng = np.random.default_rng(seed)
    blocks = (rng.choice([-1, 1], size=(BLOCK, n)) for _ in range(DRAWS // BLOCK))
    reached = sum(int((np.abs(signs @ differences) >= bar).sum()) for signs in blocks)
    return (reached + 1) / (DRAWS + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values of several comparisons (Holm 1979), so that any false one is as rare as one.

    Args:
        p_values: one a comparison, 0 to 1.

    Returns:
        In the same order, 0 to 1.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(np.argsort(p_values, kind="stable")):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def _require_several(differences: Floats) -> None:
    if len(differences) < 2:
        raise ValueError(f"a paired test needs two speakers, found {len(differences)}")
