"""Leave one speaker, session, corpus or language out: each is the test set once.

The selection set rotates: the units that follow the tested one in sorted order, so each is selected
on equally often and none is ever tested on in the same fold. With a corpus or a language left out,
the selection set is speakers of the others, since a whole corpus would be too much to lose. The
other way round, each is learnt from alone and tested on all others, which tells what it teaches.
"""

from typing import Literal

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
    unit_of,
    units,
)

WHOLE = ("corpus", "language")
"""Units that are too large to select on."""


@config
class Config:
    """What is left out.

    Raises:
        ConfigError: if nothing is selected on, or an option of whole corpora stands beside speakers
            or sessions.
    """

    unit: Unit = "speaker"
    """What is kept whole, and tested once each."""
    selection_units: int = 1
    """Units to select on, > 0; with unit corpus or language: speakers of each corpus."""
    taught: tuple[PlainName, ...] = ()
    """Corpora (languages) that may be learnt from, with unit corpus (language); the others are only
    tested, together in one fold more, as where licences differ. None named: all."""
    learn_from: Literal["others", "one"] = "others"
    """With unit corpus or language: from one alone, tested on all others, instead of from all
    others."""

    def __post_init__(self) -> None:
        """Refuse a study without a selection set."""
        if self.taught and self.unit not in WHOLE:
            raise ConfigError(f"taught names corpora, so unit must be corpus, found {self.unit}")
        if self.learn_from == "one" and (self.taught or self.unit not in WHOLE):
            raise ConfigError(
                "with learn_from: one, unit must be corpus or language, and taught empty; "
                f"found unit {self.unit}, taught {list(self.taught)}"
            )
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
    if cfg.unit in WHOLE:
        return _of_wholes(utterances, names, cfg)
    few = cfg.selection_units > 1
    remedy = "choose fewer selection_units" if few else f"record other {cfg.unit}s"
    needed = cfg.selection_units + 2
    require_units(f"leave-one-{cfg.unit}-out", cfg.unit, names, needed, or_else=remedy)
    return Protocol(
        name=f"leave-one-{cfg.unit}-out",
        unit=cfg.unit,
        selection=f"{cfg.selection_units} next {cfg.unit}(s), outside training and test",
        leaky=False,
        splits=tuple(_split(utterances, names, fold, cfg) for fold in range(len(names))),
    )


def _split(utterances: list[Utterance], names: list[str], fold: int, cfg: Config) -> Split:
    selection = set(_after(names, fold + 1, cfg.selection_units))
    return split_by(utterances, cfg.unit, name=names[fold], selection=selection, test={names[fold]})


def _of_wholes(utterances: list[Utterance], names: list[str], cfg: Config) -> Protocol:
    """Cut corpora or languages, of which none is lost to selection."""
    alone = cfg.learn_from == "one"
    called = f"learn-from-one-{cfg.unit}" if alone else f"leave-one-{cfg.unit}-out"
    require_units(called, cfg.unit, names, 2, or_else=f"add a corpus of another {cfg.unit}")
    taught = sorted(cfg.taught) or names
    others = [name for name in names if name not in taught]
    tested = [[name] for name in taught] + ([others] if others else [])
    parts = [(set(taught) - set(test), set(test), "+".join(test)) for test in tested]
    if alone:
        parts = [({name}, set(names) - {name}, name) for name in names]
    of_others = f"speaker(s) of each other corpus{' that is taught' if cfg.taught else ''}"
    of_each = "speaker(s) of each corpus that is learnt from" if alone else of_others
    return Protocol(
        name=called,
        unit=cfg.unit,
        selection=f"{cfg.selection_units} {of_each}, outside training and test",
        leaky=False,
        splits=tuple(
            _split_wholes(utterances, cfg, fold, *each) for fold, each in enumerate(parts)
        ),
        sources=tuple(names) if alone else (),
    )


def _split_wholes(
    utterances: list[Utterance], cfg: Config, fold: int, taught: set[str], tested: set[str],
    name: str,
) -> Split:  # fmt: skip
    """Select on speakers, so that every corpus that is taught is trained on too."""
    of_each: dict[str, list[Utterance]] = {}
    for u in utterances:
        if unit_of(u, cfg.unit) in taught:
            of_each.setdefault(u.corpus, []).append(u)
    chosen: set[str] = set()
    for those in of_each.values():
        speakers = units(those, "speaker")
        chosen.update(_after(speakers, fold * cfg.selection_units, cfg.selection_units))
    parts: dict[str, list[str]] = {"train": [], "selection": [], "test": []}
    for u in utterances:
        if unit_of(u, cfg.unit) in tested:
            parts["test"].append(u.id)
        elif u.corpus in of_each:
            parts["selection" if u.speaker in chosen else "train"].append(u.id)
    return make_split(name, parts)


def _after(names: list[str], start: int, count: int) -> list[str]:
    return [names[(start + step) % len(names)] for step in range(count)]
