"""Recalls, UAR, WA and F1 of counts.

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
    return ratio(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(-1))


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
    return ratio(np.trace(counts, axis1=-2, axis2=-1), counts.sum((-2, -1)))


def macro_f1_of(counts: npt.NDArray[Any]) -> Floats:
    """Mean F1 of the classes that are there or were answered; NaN where there is none.

    Args:
        counts: confusion matrices, shape ``(..., n_classes, n_classes)``.

    Returns:
        0 to 1, shape ``(...)``.
    """
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    return mean_present(ratio(2 * right, counts.sum(-1) + counts.sum(-2)))


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
    return ratio(np.where(present, values, 0).sum(axis), present.sum(axis))


def ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> Floats:
    """Divide; NaN where there is nothing to divide by.

    Args:
        part: shape ``(...)``.
        whole: of the same shape ``(...)``.

    Returns:
        Shape ``(...)``.
    """
    divided: Floats = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=divided, where=np.asarray(whole) > 0)
    return divided
