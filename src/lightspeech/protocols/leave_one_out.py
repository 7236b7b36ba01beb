"""Leave one speaker, session or corpus out: each is the test set once.

The selection set rotates: the units that follow the tested one in sorted order, so each is selected
on equally often and none is ever tested on in the same fold. With a corpus left out, the selection
set is speakers of the other corpora, since a whole corpus would be too much to lose.
"""

from lightspeech.config import config
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.protocols.base import (
    Protocol,
    Split,
    Unit,
    make_split,
    require_units,
    split_by,
    units,
)


@config
class Config:
    """What is left out.

    Raises:
        ConfigError: if nothing is selected on.
    """

    unit: Unit = "speaker"
    """What is kept whole, and tested once each."""
    selection_units: int = 1
    """Units to select on, > 0; with unit corpus: speakers of each other corpus."""

    def __post_init__(self) -> None:
        """Refuse a study without a selection set."""
        if self.selection_units < 1:
            raise ConfigError(f"selection_units must be > 0, found {self.selection_units}")


def cut(utterances: list[Utterance], cfg: Config) -> Protocol:
    """Test each unit once, selecting on the next ones.

    Args:
        utterances: of one corpus or several, their units known.
        cfg: what is left out, and how much is selected on.

    Raises:
        ConfigError: if a unit is unknown, or there are too few for three parts.
    """
    names = units(utterances, cfg.unit)
    needed = 2 if cfg.unit == "corpus" else cfg.selection_units + 2
    few = cfg.unit != "corpus" and cfg.selection_units > 1
    remedy = "choose fewer selection_units" if few else f"record other {cfg.unit}s"
    require_units(f"leave-one-{cfg.unit}-out", cfg.unit, names, needed, or_else=remedy)
    splits = [_split(utterances, names, fold, cfg) for fold in range(len(names))]
    what = "speaker(s) of each other corpus" if cfg.unit == "corpus" else f"next {cfg.unit}(s)"
    return Protocol(
        name=f"leave-one-{cfg.unit}-out",
        unit=cfg.unit,
        selection=f"{cfg.selection_units} {what}, outside training and test",
        leaky=False,
        splits=tuple(splits),
    )


def _split(utterances: list[Utterance], names: list[str], fold: int, cfg: Config) -> Split:
    if cfg.unit == "corpus":
        return _split_corpus(utterances, names[fold], fold, cfg)
    selection = set(_after(names, fold + 1, cfg.selection_units))
    return split_by(utterances, cfg.unit, name=names[fold], selection=selection, test={names[fold]})


def _split_corpus(utterances: list[Utterance], test: str, fold: int, cfg: Config) -> Split:
    """Select on speakers, so that every other corpus is trained on too."""
    chosen: set[str] = set()
    for corpus in {u.corpus for u in utterances} - {test}:
        speakers = units((u for u in utterances if u.corpus == corpus), "speaker")
        chosen.update(_after(speakers, fold * cfg.selection_units, cfg.selection_units))
    parts: dict[str, list[str]] = {"train": [], "selection": [], "test": []}
    for u in utterances:
        part = "test" if u.corpus == test else "selection" if u.speaker in chosen else "train"
        parts[part].append(u.id)
    return make_split(test, parts)


def _after(names: list[str], start: int, count: int) -> list[str]:
    return [names[(start + step) % len(names)] for step in range(count)]
