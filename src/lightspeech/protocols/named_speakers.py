"""Speakers by name: who is tested, who is selected on; all others are learnt from. One fold.

For the splits of others that are said so, such as IEMOCAP with a woman tested and the man she talks
to selected on: then both sides share dialogues, and the figures are labelled as leaky.
"""

from typing import Annotated

from pydantic import Field

from lightspeech.config import config
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.protocols.base import Protocol, split_by, units

NAME = "named-speakers"
Names = Annotated[tuple[str, ...], Field(max_length=1000)]


@config
class Config:
    """Who is on which side, as the corpus names its speakers: ``iemocap/Ses01M``."""

    selection: Names = ()
    """One or more."""
    test: Names = ()
    """One or more, none of them selected on."""
    leaky: bool = False
    """Selection and test may share dialogues or recordings; whatever is printed says so."""


def cut(utterances: list[Utterance], cfg: Config) -> Protocol:
    """Cut by the names.

    Args:
        utterances: of one corpus or several, their speakers known.
        cfg: who is on which side.

    Raises:
        ConfigError: if somebody named is not there, or on both sides, or a part stays empty.
    """
    named, there = [*cfg.selection, *cfg.test], units(utterances, "speaker")
    if strangers := sorted({*named} - {*there}):
        raise ConfigError(f"{NAME}: no speaker {strangers[0]!r}; there are {', '.join(there[:30])}")
    if len({*named}) < len(named) or not cfg.selection or not cfg.test:
        raise ConfigError(
            f"{NAME}: write protocol.selection and protocol.test, one speaker each or more and "
            f"nobody twice, found {list(cfg.selection)} and {list(cfg.test)}"
        )
    split = split_by(
        utterances, "speaker", name="fold 0", selection={*cfg.selection}, test={*cfg.test}
    )
    return Protocol(
        name=f"{NAME}-leaky" if cfg.leaky else NAME,
        unit="speaker",
        selection=f"speakers {', '.join(cfg.selection)}",
        leaky=cfg.leaky,
        splits=(split,),
    )
