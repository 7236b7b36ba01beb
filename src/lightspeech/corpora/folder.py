"""Recordings of your own, in a sub-folder a class: ``happy/…``, ``angry/…``.

Licence, citation and counts are yours. The first folder below the root is the label; below it files
may lie at any depth. Folders of a split, ``train/happy/…`` and ``test/happy/…`` (or the other way
round), are no classes: they say the ``split``, see `SPLITS`. Known fault: a folder does not say who
speaks. Without ``speaker_pattern`` or a table of ``speakers`` they are *unknown*: no speaker is
compared by the leak check, and protocols that keep speakers apart refuse the corpus instead of
guessing. With ``labelled: false`` there are no class folders, only speech for a teacher to answer.
What is said stands in files beside recordings (``text_suffix``) or in a table (``transcripts``).
"""

from collections.abc import Callable
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import regex
from pydantic import Field

from lightspeech.config import NamedPath, config
from lightspeech.corpora._spelling import clean, key
from lightspeech.corpora._table import check_columns
from lightspeech.corpora.base import (
    ANY_LANGUAGE,
    SPLITS,
    Info,
    Reading,
    RootConfig,
    Utterance,
    find_root,
    one_spelling,
    read_files,
)
from lightspeech.corpora.by_path import from_table, text_beside
from lightspeech.errors import ConfigError

NAME = "folder"

INFO = Info(
    title="Recordings in class folders",
    licence="that of your recordings",
    citation="none",
    url="",
    language=ANY_LANGUAGE,
    labels=(),
    hint="make one sub-folder a class and put its recordings there",
)

SEARCH_S = 1.0
"""That the pattern may take on one path: some go back and forth for as long as one waits."""

Who = Callable[[str, str], str]
"""Gives the speaker by the path below the root, and by that below the class folder; empty where
nobody is named."""
Words = Callable[[Path], str]
"""Gives what is said in a recording; empty where nobody wrote it down."""


@config
class Config(RootConfig):
    """Where the class folders lie, and how to know who speaks.

    Raises:
        ConfigError: if ``speaker_pattern`` is no regular expression with one group, or stands
            beside ``speakers``; or if ``transcripts`` stands beside ``text_suffix``.
    """

    speaker_pattern: Annotated[str, Field(max_length=500)] | None = None
    r"""Regular expression with one group, searched in the path below the class folder: ``(\w+?)_``
    for ``anna_01.wav``, ``([^/]+)/`` for ``anna/01.wav``."""
    speakers: NamedPath | None = None
    """Table, CSV or spreadsheet, with the columns ``path`` and ``speaker``; a path may begin
    anywhere above or below the root, or be a file's name alone, where that is enough to tell."""
    transcripts: NamedPath | None = None
    """Table, CSV or spreadsheet, with the columns ``path`` and ``transcript``, read likewise."""
    text_suffix: Annotated[str, Field(pattern=r"^\.[\w.]+$", max_length=32)] | None = None
    """Of a text file of the same name beside each recording, such as ``.txt``."""
    columns: dict[str, str] = field(default_factory=dict)
    """What the tables call these."""
    labelled: bool = True
    """False: speech whose emotion nobody said, at any depth below the root."""

    def __post_init__(self) -> None:
        """Refuse a pattern that cannot name a speaker."""
        try:
            groups = regex.compile(self.speaker_pattern or "()").groups
        except (regex.error, RecursionError) as error:
            raise ConfigError(f"speaker_pattern {self.speaker_pattern!r}: {error}") from None
        if groups != 1:
            raise ConfigError(
                f"speaker_pattern {self.speaker_pattern!r} has {groups} groups, needs one; "
                "put the speaker in brackets as in '(\\w+?)_'"
            )
        if self.speaker_pattern is not None and self.speakers is not None:
            raise ConfigError("speakers are named by speaker_pattern or by a table, not by both")
        if self.transcripts is not None and self.text_suffix is not None:
            raise ConfigError("words stand in files of text_suffix or in a table, not in both")
        check_columns(self.columns)


def read(cfg: Config) -> Reading:
    """Read every recording in a class folder.

    Raises:
        CorpusError: if the root is missing or its class folders hold no recording, or a table or a
            file of text cannot be read.
    """
    root, who = find_root(cfg, NAME), _who(cfg)
    in_splits = cfg.labelled and has_splits(root)
    reading = read_files(root, lambda path: _parse(path, root, cfg, who, in_splits), name=NAME)
    if (words := _words(cfg, root)) is not None:
        spoken = [replace(u, transcript=words(u.path)) for u in reading.utterances]
        reading = replace(reading, utterances=spoken)
    return one_spelling(reading)


def has_splits(root: Path) -> bool:
    """Tell whether folders below a root are those of a split: one to train, and another.

    Args:
        root: the folder that holds them.
    """
    folders = (path.name for path in root.rglob("*") if path.is_dir())
    splits = {SPLITS.get(key(folder), "") for folder in folders} - {""}
    return "train" in splits and len(splits) > 1


def _who(cfg: Config) -> Who | None:
    if cfg.speakers is not None:
        cell = from_table(cfg.speakers, cfg.columns, "speaker")
        return lambda path, _below: cell(path) or ""
    if cfg.speaker_pattern is not None:
        return partial(_by_pattern, regex.compile(cfg.speaker_pattern))
    return None


def _by_pattern(pattern: "regex.Pattern[str]", _path: str, below: str) -> str:
    try:
        match = pattern.search(below, timeout=SEARCH_S)
    except TimeoutError:
        raise ConfigError(
            f"speaker_pattern {pattern.pattern!r} takes more than {SEARCH_S:g} s on {below!r}; "
            "write one without a repeat inside a repeat, as in '(\\w+?)_'"
        ) from None
    return (match and match[1]) or ""


def _words(cfg: Config, root: Path) -> Words | None:
    if cfg.text_suffix is not None:
        return partial(text_beside, suffix=cfg.text_suffix)
    if cfg.transcripts is None:
        return None
    cell = from_table(cfg.transcripts, cfg.columns, "transcript")
    return lambda path: cell(path.relative_to(root).as_posix()) or ""


def _parse(
    path: Path, root: Path, cfg: Config, who: Who | None, in_splits: bool
) -> Utterance | str:
    """Take split, label and speaker from the path below the root, or give a reason."""
    relative = path.relative_to(root)
    *folders, name = relative.parts
    split = ""
    if in_splits:
        place = next((n for n, part in enumerate(folders) if key(part) in SPLITS), None)
        if place is None:
            return "lies in no folder of the split, such as train or test"
        split = SPLITS[key(folders.pop(place))]
    if not cfg.labelled:
        folders = ["unlabelled", *folders]
    elif not folders:
        return "lies in no class folder"
    label, *below = folders
    corpus, speaker = root.resolve().name, ""
    if who is not None:
        named = clean(who(relative.as_posix(), "/".join([*below, name])))
        if not named:
            return f"{_source(cfg)} finds no speaker in it"
        speaker = f"{corpus}/{named}"
    return Utterance(
        id=f"{corpus}/{relative.with_suffix('').as_posix()}",
        path=path,
        corpus=corpus,
        speaker=speaker,
        emotion=label,
        split=split,
    )


def _source(cfg: Config) -> str:
    return f"speaker_pattern {cfg.speaker_pattern!r}" if cfg.speakers is None else str(cfg.speakers)
