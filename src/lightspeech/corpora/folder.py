"""Recordings of your own, in a sub-folder a class: ``happy/…``, ``angry/…``.

Licence, citation and counts are yours. The first folder below the root is the label; below it files
may lie at any depth. Known fault: a folder does not say who speaks. Without ``speaker_pattern`` the
speakers are *unknown*: no speaker is compared by the leak check, and protocols that keep speakers
apart refuse the corpus instead of guessing. With ``labelled: false`` there are no class folders,
only speech for a teacher to answer.
"""

import re
from pathlib import Path

from lightspeech.config import config
from lightspeech.corpora.base import Info, Reading, RootConfig, Utterance, find_root, read_files
from lightspeech.errors import ConfigError

NAME = "folder"

INFO = Info(
    title="Recordings in class folders",
    licence="that of your recordings",
    citation="none",
    url="",
    language="any",
    labels=(),
    hint="make one sub-folder a class and put its recordings there",
)


@config
class Config(RootConfig):
    """Where the class folders lie, and how to know who speaks.

    Raises:
        ConfigError: if ``speaker_pattern`` is no regular expression with one group.
    """

    speaker_pattern: str | None = None
    r"""Regular expression with one group, searched in the path below the class folder: ``(\w+?)_``
    for ``anna_01.wav``, ``([^/]+)/`` for ``anna/01.wav``."""
    labelled: bool = True
    """False: speech whose emotion nobody said, at any depth below the root."""

    def __post_init__(self) -> None:
        """Refuse a pattern that cannot name a speaker."""
        try:
            groups = re.compile(self.speaker_pattern or "()").groups
        except re.error as error:
            raise ConfigError(f"speaker_pattern {self.speaker_pattern!r}: {error}") from None
        if groups != 1:
            raise ConfigError(
                f"speaker_pattern {self.speaker_pattern!r} has {groups} groups, needs one; "
                "put the speaker in brackets as in '(\\w+?)_'"
            )


def read(cfg: Config) -> Reading:
    """Read every recording in a class folder.

    Raises:
        CorpusError: if the root is missing or its class folders hold no recording.
    """
    root = find_root(cfg, NAME)
    return read_files(root, lambda path: parse(path, root, cfg), name=NAME)


def parse(path: Path, root: Path, cfg: Config) -> Utterance | str:
    """Take label and speaker from the path below the root, or give a reason.

    Args:
        path: the audio file.
        root: the folder that holds the class folders; its name is that of the corpus.
        cfg: how to know who speaks.
    """
    label, *below = path.relative_to(root).parts
    if not cfg.labelled:
        label, below = "unlabelled", [label, *below]
    elif not below:
        return "lies in no class folder"
    corpus, speaker = root.resolve().name, ""
    if cfg.speaker_pattern is not None:
        match = re.search(cfg.speaker_pattern, "/".join(below))
        if match is None or not match[1]:
            return f"speaker_pattern {cfg.speaker_pattern!r} finds no speaker in it"
        speaker = f"{corpus}/{match[1]}"
    return Utterance(
        id=f"{corpus}/{path.relative_to(root).with_suffix('').as_posix()}",
        path=path,
        corpus=corpus,
        speaker=speaker,
        emotion=label,
    )
