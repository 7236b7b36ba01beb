"""What a protocol module holds: ``Config`` and ``cut(utterances, cfg) -> Protocol``."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Split:
    """One fold: ids of utterances.

    Attributes:
        name: what is tested, such as ``fold 0`` or a speaker.
        train: ids to learn from.
        selection: ids for early stopping and thresholds; never test.
        test: ids to measure on.
    """

    name: str
    train: tuple[str, ...]
    selection: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """All folds of a study, and what must be said beside its figures.

    Attributes:
        name: as results files carry it, such as ``ravdess-pinned``.
        unit: what no two parts share: ``speaker``, ``session``, ``corpus`` or ``utterance``.
        selection: in words, what the selection set is.
        leaky: whether test units may be known from training; printed wherever figures are.
    """

    name: str
    unit: str
    selection: str
    leaky: bool
    splits: tuple[Split, ...]
