"""One split for a model that is shipped: it learns from everyone, and tests nobody.

Some speakers of each corpus are left to select on: temperature and threshold of *uncertain* come
from them. Such a study has no figures; those of the same recipe under a protocol that tests are the
ones to quote.
"""

import random
from collections.abc import Sequence

from lightspeech import bounds
from lightspeech.config import config
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.protocols.base import Protocol, Split, units

NAME = "everyone"


@config
class Config:
    """Who is selected on.

    Raises:
        ConfigError: if nobody is.
    """

    selection_units: int = 1
    """Speakers of each corpus, > 0."""
    selection_share: float | None = None
    """Share of the recordings to select on, 0 to 1, whoever speaks in them, for recordings of one
    or two people or of unknown ones; null: speakers are kept apart."""
    seed: bounds.Seed = 0
    """Of the choice; in each corpus it is the same whatever the others are."""

    def __post_init__(self) -> None:
        """Refuse a study without a selection set."""
        if self.selection_units < 1:
            raise ConfigError(f"selection_units must be > 0, found {self.selection_units}")
        if self.selection_share is not None and not 0 < self.selection_share < 1:
            raise ConfigError(
                f"selection_share must be within 0 to 1 or null, found {self.selection_share}"
            )


def cut(utterances: list[Utterance], cfg: Config) -> Protocol:
    """Select on some speakers of each corpus, and train on all others.

    Args:
        utterances: of one corpus or several, their speakers known.
        cfg: how many, and the seed that draws them.

    Raises:
        ConfigError: if a speaker is unknown, or a corpus has nobody left to learn from.
    """
    if cfg.selection_share is not None:
        return _by_share(utterances, cfg.selection_share, cfg.seed)
    corpora = sorted({utterance.corpus for utterance in utterances})
    chosen = {speaker for corpus in corpora for speaker in _choose(utterances, corpus, cfg)}
    split = Split(
        name=NAME,
        train=tuple(u.id for u in utterances if u.speaker not in chosen),
        selection=tuple(u.id for u in utterances if u.speaker in chosen),
        test=(),
    )
    return Protocol(
        name=NAME,
        unit="speaker",
        selection=f"{cfg.selection_units} speaker(s) of each corpus, outside training",
        leaky=False,
        splits=(split,),
    )


def _by_share(utterances: list[Utterance], share: float, seed: int) -> Protocol:
    """Select on some recordings, whose speakers are learnt from too: a leak, and called so."""
    count = max(1, round(len(utterances) * share))
    chosen = set(random.Random(seed).sample([u.id for u in utterances], count))
    split = Split(
        name=NAME,
        train=tuple(u.id for u in utterances if u.id not in chosen),
        selection=tuple(u.id for u in utterances if u.id in chosen),
        test=(),
    )
    return Protocol(
        name=NAME,
        unit="utterance",
        selection=f"{share:.0%} of the recordings at random, speakers shared",
        leaky=True,
        splits=(split,),
    )


def _choose(utterances: list[Utterance], corpus: str, cfg: Config) -> Sequence[str]:
    speakers = units((u for u in utterances if u.corpus == corpus), "speaker")
    if len(speakers) <= cfg.selection_units:
        raise ConfigError(
            f"{corpus} has {len(speakers)} speakers, of which {cfg.selection_units} are to select "
            "on, so nobody is left to learn from; choose fewer selection_units, or leave it out"
        )
    return random.Random(f"{cfg.seed}/{corpus}").sample(speakers, cfg.selection_units)
