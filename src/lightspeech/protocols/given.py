"""The split that the manifest itself says, in its column ``split``."""

from lightspeech.config import config
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.protocols.base import Protocol, Split, make_split

NAME = "given"
PARTS = ("train", "selection", "test")
"""What the column may say; the manifest may also say nothing."""


@config
class Config:
    """Nothing to choose: the manifest says it all."""


def cut(utterances: list[Utterance], cfg: Config) -> Protocol:
    """Cut as the column says.

    Args:
        utterances: of one corpus or several, each with its ``split``.
        cfg: nothing to choose.

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
    parts = {part: list(getattr(split, part)) for part in PARTS}
    speakers_known = all(utterance.speaker for utterance in utterances)
    return Protocol(
        name=NAME,
        unit="speaker" if speakers_known else "utterance",
        selection="as given in the manifest",
        leaky=False,
        splits=(make_split(NAME, parts),),
    )


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
