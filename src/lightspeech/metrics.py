"""What every figure is made of: recalls, UAR, WA, F1, calibration and intervals, in NumPy alone.

Counts are confusion matrices, shape ``(..., n_classes, n_classes)``: rows are the truth, columns
the answers. A class without an utterance in the truth has no recall (NaN) and no part in the UAR.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


def confusion(truth: Indices, answers: Indices, n_classes: int) -> Counts:
    """Count answers against the truth.

    Args:
        truth: class indices, shape ``(n,)``.
        answers: class indices, same shape.
        n_classes: number of classes, > every index.

    Returns:
        Counts, shape ``(n_classes, n_classes)``: rows are the truth, columns the answers.

    Raises:
        ValueError: if the two differ in shape, or an index is no class.
    """
    truth, answers = np.asarray(truth, np.int64), np.asarray(answers, np.int64)
    if truth.shape != answers.shape:
        raise ValueError(f"truth and answers differ in shape: {truth.shape} != {answers.shape}")
    indices = np.concatenate([truth, answers])
    if indices.size and (indices.min() < 0 or indices.max() >= n_classes):
        raise ValueError(
            f"class indices {indices.min()} to {indices.max()} do not fit n_classes (={n_classes})"
        )
    cells = np.bincount(truth * n_classes + answers, minlength=n_classes**2)
    return cells.reshape(n_classes, n_classes)


def recalls_of(counts: npt.NDArray[Any]) -> Floats:
    """Recall of each class; NaN for a class that is not there.

    Args:
        counts: confusion matrices, shape ``(..., n_classes, n_classes)``.

    Returns:
        0 to 1, shape ``(..., n_classes)``.
    """
    return _ratio(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(-1))


def uar_of(counts: npt.NDArray[Any]) -> Floats:
    """Mean recall of the classes that are there; NaN where there is none.

    Args:
        counts: confusion matrices, shape ``(..., n_classes, n_classes)``.

    Returns:
        0 to 1, shape ``(...)``.
    """
    return mean_present(recalls_of(counts))


def wa_of(counts: npt.NDArray[Any]) -> Floats:
    """Share of right answers; NaN where there are no utterances.

    Args:
        counts: confusion matrices, shape ``(..., n_classes, n_classes)``.

    Returns:
        0 to 1, shape ``(...)``.
    """
    return _ratio(np.trace(counts, axis1=-2, axis2=-1), counts.sum((-2, -1)))


def macro_f1_of(counts: npt.NDArray[Any]) -> Floats:
    """Mean F1 of the classes that are there or were answered; NaN where there is none.

    Args:
        counts: confusion matrices, shape ``(..., n_classes, n_classes)``.

    Returns:
        0 to 1, shape ``(...)``.
    """
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    return mean_present(_ratio(2 * right, counts.sum(-1) + counts.sum(-2)))


def recalls(truth: Indices, answers: Indices, n_classes: int) -> Floats:
    """Recall of each class; NaN for a class that is not there.

    Args:
        truth: class indices, shape ``(n,)``.
        answers: class indices, same shape.
        n_classes: number of classes, > every index.

    Returns:
        0 to 1, shape ``(n_classes,)``.

    Raises:
        ValueError: as `confusion`.
    """
    return recalls_of(confusion(truth, answers, n_classes))


def uar(truth: Indices, answers: Indices, n_classes: int) -> float:
    """Unweighted average recall, 0 to 1: the mean recall of the classes that are there.

    Args:
        truth: class indices, shape ``(n,)``.
        answers: class indices, same shape.
        n_classes: number of classes, > every index.

    Raises:
        ValueError: as `confusion`.

    Example:
        >>> uar(np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0]), 2)
        0.5
    """
    return float(uar_of(confusion(truth, answers, n_classes)))


def wa(truth: Indices, answers: Indices, n_classes: int) -> float:
    """Weighted accuracy, 0 to 1: the plain share of right answers.

    Args:
        truth: class indices, shape ``(n,)``.
        answers: class indices, same shape.
        n_classes: number of classes, > every index.

    Raises:
        ValueError: as `confusion`.
    """
    return float(wa_of(confusion(truth, answers, n_classes)))


def macro_f1(truth: Indices, answers: Indices, n_classes: int) -> float:
    """Mean F1, 0 to 1, of the classes that are there or were answered, as scikit-learn does.

    Args:
        truth: class indices, shape ``(n,)``.
        answers: class indices, same shape.
        n_classes: number of classes, > every index.

    Raises:
        ValueError: as `confusion`.
    """
    return float(macro_f1_of(confusion(truth, answers, n_classes)))


def mean_present(values: npt.NDArray[Any], axis: int | tuple[int, ...] = -1) -> Floats:
    """Mean without the NaN; NaN where nothing else is there.

    Args:
        values: any shape.
        axis: the axes that go.

    Returns:
        The shape of ``values`` without those axes.
    """
    present = ~np.isnan(values)
    return _ratio(np.where(present, values, 0).sum(axis), present.sum(axis))


def _ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> Floats:
    ratio: Floats = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=ratio, where=np.asarray(whole) > 0)
    return ratio


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
    confidence = _ratio(np.bincount(interval, top, bins), n)
    return n / n.sum(), confidence, _ratio(np.bincount(interval, right, bins), n)


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
    return _interval(np.mean(values, 0), level)


def _moments(told: npt.NDArray[Any], truth: npt.NDArray[Any]) -> Floats:
    """What the concordance of any number of pairs is computed from, added up."""
    x, y = np.asarray(told, np.float64), np.asarray(truth, np.float64)
    return np.stack((np.ones_like(x), x, y, x * x, y * y, x * y), 1)


def _concordance(sums: Floats) -> Floats:
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    covariance = xy / n - x * y / n**2
    total = (xx + yy) / n - 2 * x * y / n**2  # both variances, and the means' distance squared
    return np.where(total > 1e-12, 2 * covariance / np.maximum(total, 1e-12), 0.0)


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
    return _interval(_bootstrap(counts, replicates, seed), level)


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
    return _interval(rows[1] - rows[0], level)


def _bootstrap(counts: Counts, replicates: int, seed: int) -> Floats:
    """Mean over seeds of each replicate's UAR, shape ``(replicates,)``."""
    n_speakers, n_classes = counts.shape[2:4]
    draws = np.random.default_rng(seed).multinomial(
        n_speakers, np.full(n_speakers, 1 / n_speakers), size=replicates
    )
    mean: Floats = np.mean([_replicates(of_seed, draws, n_classes) for of_seed in counts], axis=0)
    return mean


def _interval(values: Floats, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _replicates(counts: Counts, draws: npt.NDArray[np.int64], n_classes: int) -> Floats:
    """UAR of each resample, shape ``(replicates,)``, from ``(folds, speakers, ...)`` counts."""
    by_speaker = counts.transpose(1, 0, 2, 3)  # (speakers, folds, classes, classes)
    right = np.diagonal(by_speaker, axis1=-2, axis2=-1).reshape(len(by_speaker), -1)
    total = by_speaker.sum(-1).reshape(len(by_speaker), -1)
    recall = _ratio(draws @ right, draws @ total).reshape(len(draws), -1, n_classes)
    of_fold = by_speaker.sum((-2, -1)) > 0  # (speakers, folds)
    weight = draws @ (of_fold / of_fold.sum(0))  # (replicates, folds)
    fold_uar = np.where(weight > 0, mean_present(recall), 0)
    return _ratio((fold_uar * weight).sum(-1), weight.sum(-1))
