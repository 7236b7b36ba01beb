"""Grouped k-fold: speakers (or sessions) are shuffled once and dealt into folds.

Each unit is tested once; the selection set is a few units of the next fold, so it rotates too.
"""

import itertools
import random
from typing import Literal

from lightspeech import bounds
from lightspeech.config import config
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.protocols.base import Protocol, Split, require_units, split_by, unit_of, units


@config
class Config:
    """How many folds, of what.

    Raises:
        ConfigError: if there are too few folds, or nothing is selected on.
    """

    folds: int = 5
    """> 1, and no more than there are units."""
    unit: Literal["speaker", "session"] = "speaker"
    """What is kept whole."""
    seed: bounds.Seed = 0
    """Of the dealing; say it with the figures, since folds differ in difficulty."""
    selection_units: int = 1
    """Units to select on, > 0."""
    training_units: int | None = None
    """Units to learn from, > 0, the others left out, to see what few bring; null: all."""

    def __post_init__(self) -> None:
        """Refuse folds that cannot be."""
        if self.folds < 2 or self.selection_units < 1:
            raise ConfigError(
                "folds must be > 1 and selection_units > 0, "
                f"found folds={self.folds}, selection_units={self.selection_units}"
            )
        if self.training_units is not None and self.training_units < 1:
            raise ConfigError(f"training_units must be > 0 or null, found {self.training_units}")


def cut(utterances: list[Utterance], cfg: Config) -> Protocol:
    """Deal units into folds and test each fold once.

    Args:
        utterances: of one corpus or several, their units known.
        cfg: how many folds, of what, and the seed that deals.

    Raises:
        ConfigError: if a unit is unknown, or there are too few for three parts in each fold.
    """
    shuffled = units(utterances, cfg.unit)
    enough = next(n for n in itertools.count(cfg.folds) if _is_enough(n, cfg.folds, cfg))
    fewer = [k for k in range(2, cfg.folds) if _is_enough(len(shuffled), k, cfg)]
    remedy = f"choose protocol.folds={fewer[-1]}" if fewer else f"record other {cfg.unit}s"
    what = f"a cut in {cfg.folds} folds"
    require_units(what, cfg.unit, shuffled, enough, or_else=remedy)
    random.Random(cfg.seed).shuffle(shuffled)
    folds = [shuffled[fold :: cfg.folds] for fold in range(cfg.folds)]
    few = "" if cfg.training_units is None else f"-learnt-from-{cfg.training_units}"
    return Protocol(
        name=f"{cfg.folds}-fold-{cfg.unit}{few}",
        unit=cfg.unit,
        selection=f"{cfg.selection_units} {cfg.unit}(s) of the next fold, outside training",
        leaky=False,
        splits=tuple(_split(utterances, folds, fold, cfg) for fold in range(cfg.folds)),
    )


def _is_enough(n: int, folds: int, cfg: Config) -> bool:
    """Whether some units are left to learn from in every one of so many folds."""
    selection = min(cfg.selection_units, n // folds)
    return n >= folds and n - -(-n // folds) - selection > 0


def _split(utterances: list[Utterance], folds: list[list[str]], fold: int, cfg: Config) -> Split:
    following = [name for n in range(1, cfg.folds) for name in folds[(fold + n) % cfg.folds]]
    selection = following[: min(cfg.selection_units, len(folds[(fold + 1) % cfg.folds]))]
    learnt = following[len(selection) :][: cfg.training_units]
    known = {*folds[fold], *selection, *learnt}
    return split_by(
        [utterance for utterance in utterances if unit_of(utterance, cfg.unit) in known],
        cfg.unit,
        name=f"fold {fold}",
        selection=set(selection),
        test=set(folds[fold]),
    )
