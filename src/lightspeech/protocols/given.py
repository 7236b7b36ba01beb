"""The split that the recordings come with: a column ``split``, or folders train and test.

Where it names nobody to select on, some speakers of the training part are drawn for it; where
nobody knows the speakers, some of its recordings.
"""

import random
from dataclasses import replace

from lightspeech import bounds
from lightspeech.config import config
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.protocols.base import Protocol, Split, make_split, require_units, units

NAME = "given"
PARTS = ("train", "selection", "test")
"""What the column may say; the manifest may also say nothing."""


@config
class Config:
    """What is selected on where the recordings do not say.

    Raises:
        ConfigError: if that would be nothing, or all.
    """

    selection_units: int = 1
    """Speakers of the training part, > 0."""
    selection_share: float = 0.1
    """Share of its recordings, 0 to 1, where the speakers are unknown."""
    seed: bounds.Seed = 0
    """Of the drawing."""

    def __post_init__(self) -> None:
        """Refuse a study without a selection set."""
        if self.selection_units < 1 or not 0 < self.selection_share < 1:
            raise ConfigError(
                "selection_units must be > 0 and selection_share within 0 to 1, found "
                f"selection_units={self.selection_units}, selection_share={self.selection_share}"
            )


def cut(utterances: list[Utterance], cfg: Config) -> Protocol:
    """Cut as the column says.

    Args:
        utterances: of one corpus or several, each with its ``split``.
        cfg: what is selected on where they do not say.

    Raises:
        ConfigError: if an utterance is in no part, or in another than `PARTS`, or one is empty.
    """
    unassigned = [utterance.id for utterance in utterances if not utterance.split]
    if unassigned:
        raise ConfigError(
            f"{len(unassigned)} of {len(utterances)} utterances have no split, first "
            f"{unassigned[0]!r}; write one of {PARTS} in the column 'split', or choose another "
            "protocol"
        )
    split = read_split(utterances)
    speakers_known = all(utterance.speaker for utterance in utterances)
    selection = "as given in the manifest"
    if not split.selection and split.train:
        train = [utterance for utterance in utterances if utterance.split == "train"]
        split = _draw(split, train, cfg) if speakers_known else _draw_recordings(split, cfg)
        drawn = f"{cfg.selection_units} speaker(s)" if speakers_known else "some recordings"
        selection = f"{drawn} of the given training part, outside training"
    parts = {part: list(getattr(split, part)) for part in PARTS}
    return Protocol(
        name=NAME,
        unit="speaker" if speakers_known else "utterance",
        selection=selection,
        leaky=False,
        splits=(make_split(NAME, parts),),
    )


def _draw(split: Split, train: list[Utterance], cfg: Config) -> Split:
    speakers = units(train, "speaker")
    require_units(
        "a given split without a selection part", "speaker", speakers, cfg.selection_units + 1,
        or_else="write selection into the column 'split' of some recordings",
    )  # fmt: skip
    drawn = set(random.Random(cfg.seed).sample(speakers, cfg.selection_units))
    return replace(
        split,
        train=tuple(u.id for u in train if u.speaker not in drawn),
        selection=tuple(u.id for u in train if u.speaker in drawn),
    )


def _draw_recordings(split: Split, cfg: Config) -> Split:
    count = max(1, round(len(split.train) * cfg.selection_share))
    drawn = set(random.Random(cfg.seed).sample(split.train, count))
    train = tuple(each for each in split.train if each not in drawn)
    return replace(split, train=train, selection=tuple(e for e in split.train if e in drawn))


def read_split(utterances: list[Utterance]) -> Split:
    """Collect what the column says; utterances without a part are in none.

    Raises:
        ConfigError: if the column holds anything else than a part.
    """
    for u in utterances:
        if u.split not in (*PARTS, ""):
            raise ConfigError(f"{u.id}: split {u.split!r}; write one of {PARTS}, or nothing")
    parts = {part: tuple(u.id for u in utterances if u.split == part) for part in PARTS}
    return Split(name=NAME, **parts)
