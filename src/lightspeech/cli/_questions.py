"""What ``predict`` is asked: files, their channels, and what is said in them."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightspeech.audio import decoding, reading, remote
from lightspeech.audio.reading import Audio, Channel
from lightspeech.cli import _files
from lightspeech.corpora.by_path import from_table
from lightspeech.errors import AudioError, ConfigError, CorpusError

MIX, EACH = "mix", "each"
"""Of channels: their mean, or one after the other; else a number from 1."""


@dataclass(frozen=True)
class Question:
    """What is asked, and how the answer is called.

    Attributes:
        path: of the file.
        audio: it, or a channel of it.
        channel: which one, from 1; None for their mean.
    """

    path: Path
    audio: Audio
    channel: int | None = None

    def named(self) -> dict[str, Any]:
        """Give the first fields of its record."""
        path = {"path": encodable(remote.shown(self.path))}
        return path if self.channel is None else {**path, "channel": self.channel}

    def told(self, error: AudioError) -> str:
        """Call what lies elsewhere by its address."""
        if remote.address(self.path) is None:
            return str(error)
        return str(error).replace(decoding.STREAM, remote.shown(self.path), 1)


def ask(files: Iterable[Path], channels: str) -> Iterator[Question]:
    """Ask for each file, or for one or each of its channels."""
    if channels not in (MIX, EACH) and not (channels.isdecimal() and int(channels)):
        raise ConfigError(f"--channels {channels!r}; allowed are mix, each and a number from 1")
    for path in files:
        audio = _opened(path)
        if channels == MIX:
            yield Question(path, audio)
        elif channels == EACH:
            yield from _each(path, audio)
        else:
            yield Question(path, Channel(audio, int(channels)), int(channels))


def _opened(path: Path) -> reading.Recording:
    if path == _files.STDIN:
        return sys.stdin.buffer
    if remote.address(path) is None:
        return path
    return remote.opened(path, max_bytes=remote.MAX_BYTES)


def _each(path: Path, audio: reading.Recording) -> Iterator[Question]:
    try:
        for channel in reading.channels(audio):
            yield Question(path, channel, channel.number)
    except AudioError:
        yield Question(path, audio)  # whose answer is that error


def texts(
    questions: Sequence[Question], text: str | None, transcripts: Path | None
) -> list[str] | None:
    """What is said in each: one text, or that of a table by the paths of the files."""
    if transcripts is None:
        return None if text is None else [text] * len(questions)
    if text is not None:
        raise ConfigError("--text and --transcripts are both given; choose one")
    cell = from_table(transcripts, {}, "transcript")
    found = [cell(question.path.as_posix()) for question in questions]
    for question, said in zip(questions, found, strict=True):
        if said is None:
            raise CorpusError(
                f"{transcripts}: no row of {question.path}, or two; add one, with an empty cell "
                "where nobody knows what is said"
            )
    return [said or "" for said in found]


def encodable(text: object) -> str:
    """Give a text that every stream takes: a file's name may hold bytes that are no UTF-8."""
    return str(text).encode("utf-8", "backslashreplace").decode()
