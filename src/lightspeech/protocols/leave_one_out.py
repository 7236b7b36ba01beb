"""Leave one speaker, session or corpus out: each is the test set once.

The selection set rotates: the units that follow the tested one in sorted order, so each is selected
on equally often and none is ever tested on in the same fold. With a corpus left out, the selection
set is speakers of the other corpora, since a whole corpus would be too much to lose.
"""

from lightspeech.config import PlainName, config
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
        ConfigError: if nothing is selected on, or corpora are named where speakers are left out.
    """

    unit: Unit = "speaker"
    """What is kept whole, and tested once each."""
    selection_units: int = 1
    """Units to select on, > 0; with unit corpus: speakers of each other corpus."""
    taught: tuple[PlainName, ...] = ()
    """Corpora that may be learnt from, with unit corpus; the others are only tested, together in
    one fold more, as where licences differ. None named: all."""

    def __post_init__(self) -> None:
        """Refuse a study without a selection set."""
        if self.taught and self.unit != "corpus":
            raise ConfigError(f"taught names corpora, so unit must be corpus, found {self.unit}")
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
    if unknown := set(cfg.taught) - set(names):
        raise ConfigError(
            f"protocol.taught names {', '.join(sorted(unknown))}; there are {', '.join(names)}"
        )
    if len(cfg.taught) == 1:
        raise ConfigError(f"without {cfg.taught[0]} there is nothing to learn from; name another")
    needed = 2 if cfg.unit == "corpus" else cfg.selection_units + 2
    few = cfg.unit != "corpus" and cfg.selection_units > 1
    remedy = "choose fewer selection_units" if few else f"record other {cfg.unit}s"
    require_units(f"leave-one-{cfg.unit}-out", cfg.unit, names, needed, or_else=remedy)
    if cfg.unit == "corpus":
        splits = _split_corpora(utterances, names, cfg)
    else:
        splits = [_split(utterances, names, fold, cfg) for fold in range(len(names))]
    of_corpora = f"speaker(s) of each other corpus{' that is taught' if cfg.taught else ''}"
    what = of_corpora if cfg.unit == "corpus" else f"next {cfg.unit}(s)"
    return Protocol(
        name=f"leave-one-{cfg.unit}-out",
        unit=cfg.unit,
        selection=f"{cfg.selection_units} {what}, outside training and test",
        leaky=False,
        splits=tuple(splits),
    )


def _split(utterances: list[Utterance], names: list[str], fold: int, cfg: Config) -> Split:
    selection = set(_after(names, fold + 1, cfg.selection_units))
    return split_by(utterances, cfg.unit, name=names[fold], selection=selection, test={names[fold]})


def _split_corpora(utterances: list[Utterance], names: list[str], cfg: Config) -> list[Split]:
    taught = sorted(cfg.taught) or names
    others = [name for name in names if name not in taught]
    tested = [[name] for name in taught] + ([others] if others else [])
    return [
        _split_corpus(utterances, set(taught) - set(test), test, fold, cfg.selection_units)
        for fold, test in enumerate(tested)
    ]


def _split_corpus(
    utterances: list[Utterance], taught: set[str], test: list[str], fold: int, selection_units: int
) -> Split:
    """Select on speakers, so that every corpus that is taught is trained on too."""
    chosen: set[str] = set()
    for corpus in taught:
        speakers = units((u for u in utterances if u.corpus == corpus), "speaker")
        chosen.update(_after(speakers, fold * selection_units, selection_units))
    parts: dict[str, list[str]] = {"train": [], "selection": [], "test": []}
    for u in utterances:
        if u.corpus in test:
            parts["test"].append(u.id)
        elif u.corpus in taught:
            parts["selection" if u.speaker in chosen else "train"].append(u.id)
    return make_split("+".join(test), parts)


def _after(names: list[str], start: int, count: int) -> list[str]:
    return [names[(start + step) % len(names)] for step in range(count)]
