"""Intervals of the UAR and of its changes, by resampling speakers."""

import numpy as np
import numpy.typing as npt

from lightspeech.metrics.classes import Counts, Floats, mean_present, ratio


def bootstrap_ci(
    counts: Counts, *, replicates: int = 2_000, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Percentile interval of the UAR, by resampling speakers with replacement.

    A replicate is the mean over seeds of the UAR of the folds, each recomputed from the drawn
    speakers' utterances and weighted by the share of its speakers that were drawn: folds count
    alike however many speakers they have, such as corpora, as they do in the UAR itself; with one
    speaker a fold, that is the mean over the drawn speakers. Utterances of one speaker are not
    independent, so resampling them would make the interval too narrow.

    Args:
        counts: confusion matrices, shape ``(seeds, folds, speakers, n_classes, n_classes)``.
        replicates: number of resamples.
        level: coverage, 0 to 1.
        seed: of the resampling.

    Returns:
        Lower and upper bound, 0 to 1.
    """
    return percentiles(_bootstrap(counts, replicates, seed), level)


def paired_ci(
    before: Counts,
    after: Counts,
    *,
    replicates: int = 2_000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of a change of the UAR: both are computed of the same drawn speakers.

    Args:
        before: confusion matrices, shape ``(seeds, folds, speakers, n_classes, n_classes)``.
        after: of the same speakers, same shape.
        replicates: number of resamples.
        level: coverage, 0 to 1.
        seed: of the resampling.

    Returns:
        Lower and upper bound of after minus before, −1 to 1.

    Raises:
        ValueError: if the two differ in shape.
    """
    if before.shape != after.shape:
        raise ValueError(f"before and after differ in shape: {before.shape} != {after.shape}")
    rows = [_bootstrap(counts, replicates, seed) for counts in (before, after)]
    return percentiles(rows[1] - rows[0], level)


def _bootstrap(counts: Counts, replicates: int, seed: int) -> Floats:
    """Mean over seeds of each replicate's UAR, shape ``(replicates,)``."""
    n_speakers, n_classes = counts.shape[2:4]
    draws = np.random.default_rng(seed).multinomial(
        n_speakers, np.full(n_speakers, 1 / n_speakers), size=replicates
    )
    mean: Floats = np.mean([_replicates(of_seed, draws, n_classes) for of_seed in counts], axis=0)
    return mean


def percentiles(values: Floats, level: float) -> tuple[float, float]:
    """Give the bounds between which a share of all values lies.

    Args:
        values: shape ``(replicates,)``.
        level: coverage, 0 to 1.
    """
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _replicates(counts: Counts, draws: npt.NDArray[np.int64], n_classes: int) -> Floats:
    """UAR of each resample, shape ``(replicates,)``, from ``(folds, speakers, ...)`` counts."""
    by_speaker = counts.transpose(1, 0, 2, 3)  # (speakers, folds, classes, classes)
    right = np.diagonal(by_speaker, axis1=-2, axis2=-1).reshape(len(by_speaker), -1)
    total = by_speaker.sum(-1).reshape(len(by_speaker), -1)
    recall = ratio(draws @ right, draws @ total).reshape(len(draws), -1, n_classes)
    of_fold = by_speaker.sum((-2, -1)) > 0  # (speakers, folds)
    weight = draws @ (of_fold / of_fold.sum(0))  # (replicates, folds)
    fold_uar = np.where(weight > 0, mean_present(recall), 0)
    return ratio((fold_uar * weight).sum(-1), weight.sum(-1))
