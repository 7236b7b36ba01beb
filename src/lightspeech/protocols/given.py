"""The split that the manifest itself says, in its column ``split``."""

from lightspeech.config import config
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.protocols.base import Protocol, Split, make_split

NAME = "given"
PARTS = ("train", "selection", "test")


@config
class Config:
    """Nothing to choose: the manifest says it all."""


def cut(utterances: list[Utterance], cfg: Config) -> Protocol:
    """Cut as the column says.

    Raises:
        ConfigError: if an utterance is in no part, or a part is empty.
    """
    lost = [utterance.id for utterance in utterances if not utterance.split]
    if lost:
        raise ConfigError(
            f"{len(lost)} of {len(utterances)} utterances have no split, first {lost[0]!r}; "
            f"write one of {PARTS} in the column 'split', or choose another protocol"
        )
    split = read_split(utterances)
    parts = {part: list(getattr(split, part)) for part in PARTS}
    known = all(utterance.speaker for utterance in utterances)
    return Protocol(
        name=NAME,
        unit="speaker" if known else "utterance",
        selection="as given in the manifest",
        leaky=False,
        splits=(make_split(NAME, parts),),
    )


def read_split(utterances: list[Utterance]) -> Split:
    """Collect what the column says; utterances without a part are in none.

    Raises:
        ConfigError: if the column holds anything else than a part.
    """
    odd = [u for u in utterances if u.split not in (*PARTS, "")]
    if odd:
        raise ConfigError(f"{odd[0].id}: split {odd[0].split!r}; write one of {PARTS}, or nothing")
    parts = {part: tuple(u.id for u in utterances if u.split == part) for part in PARTS}
    return Split(name=NAME, **parts)
