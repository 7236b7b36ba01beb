"""The manifest: one CSV row a recording, with what its name says and what its audio says."""

import csv
import hashlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightspeech.corpora import csv as csv_corpus
from lightspeech.corpora import preparing
from lightspeech.corpora._table import find_recording, number, ratings, read_rows
from lightspeech.corpora.base import RATINGS, Reading, Utterance, one_spelling
from lightspeech.errors import CorpusError
from lightspeech.files import relative, write_text
from lightspeech.progress import Progress, no_progress

COLUMNS = (
    "id",
    "path",
    "corpus",
    "speaker",
    "sex",
    "session",
    "dialogue",
    "sentence",
    "transcript",
    "emotion",
    "intensity",
    *RATINGS,
    "duration_s",
    "sample_rate",
    "audio_hash",
    "split",
    "parent",
)
"""Of a manifest; any cell but id, path, emotion and the numbers may be empty."""
NEEDED = tuple(name for name in COLUMNS if name not in ("transcript", *RATINGS))
"""Columns that a manifest must have: older ones lack transcripts and ratings."""
NUMBERS = ("duration_s", "sample_rate")
"""Columns in seconds and Hz."""


def identity(utterance: Utterance) -> tuple[str, str, str]:
    """What a recording is to a study, wherever it lies: its samples, who speaks, and its label."""
    return utterance.audio_hash, utterance.speaker, utterance.emotion


def digest(utterances: list[Utterance]) -> str:
    """SHA-256 of which recordings these are, in whatever order.

    Args:
        utterances: decoded.
    """
    lines = sorted("\t".join((u.id, *identity(u))) for u in utterances)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def write(utterances: list[Utterance], path: Path) -> None:
    """Write a manifest atomically; the paths in it are relative to its folder where they can be.

    Args:
        utterances: one a row, in their order.
        path: the CSV file.

    Raises:
        OutputError: if the folder cannot be written or the disk is full.
    """
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    for utterance in utterances:
        table.writerow({**vars(utterance), "path": relative(utterance.path, path.parent)})
    write_text(path, text.getvalue())


def read(path: Path, *, need_audio: bool = True) -> list[Utterance]:
    """Read a manifest written by `write`.

    Args:
        path: the CSV file.
        need_audio: refuse a manifest whose recordings are not there.

    Raises:
        CorpusError: if the file is missing or empty, lacks a column, holds a bad number or an id
            twice, or names recordings that are not there.
    """
    rows = read_rows(path, NEEDED)
    utterances = [_utterance(path, line, row) for line, row in enumerate(rows, 2)]
    refuse_twice(path, utterances)
    utterances = one_spelling(Reading(utterances=utterances)).utterances
    missing = [u.path for u in utterances if need_audio and not os.path.isfile(u.path)]
    if missing:
        raise CorpusError(
            f"{path}: {len(missing)} of {len(utterances)} recordings are not there, "
            f"first {missing[0]}; put them back or type 'lightspeech prepare' again"
        )
    return utterances


def is_manifest(path: Path, columns: Mapping[str, str] | None = None) -> bool:
    """Tell a manifest from any other table of recordings: it has all that are `NEEDED`.

    Args:
        path: the table.
        columns: what it calls a column, by the name it is read under; a manifest calls none so.

    Raises:
        CorpusError: if the file is missing or empty, or has no paths.
    """
    return not columns and set(NEEDED) <= read_rows(path, ("path",), columns=columns)[0].keys()


def read_any(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    need_audio: bool = False,
    progress: Progress = no_progress,
) -> list[Utterance]:
    """Read a manifest or any table of recordings, as far as their audio can be decoded.

    Recordings that cannot keep their row, without a hash: names alone still tell a leak.

    Args:
        path: the table. Of a manifest, no recording is opened.
        columns: what it calls a column, by the name it is read under.
        need_audio: refuse a table with a recording that cannot be decoded, or has no label.
        progress: told of every file decoded.

    Raises:
        ConfigError: if ``columns`` names one that is not read.
        CorpusError: if the file is missing or empty, lacks a column, or holds a bad number, an id
            twice, a part of a split that does not exist, or no path at all; if audio is needed and
            a recording has none.
        MissingExtra: if it is a spreadsheet and the package that reads them is not installed.
    """
    if is_manifest(path, columns):
        return read(path, need_audio=need_audio)
    cfg = csv_corpus.Config(root=path, columns=dict(columns or {}))
    table = csv_corpus.read_table(cfg, need_label=need_audio)
    good, broken = preparing.decode(table.utterances, progress=progress)
    if need_audio and (lacking := table.rejected + broken):
        raise CorpusError(
            f"{path}: {len(lacking)} recordings cannot be measured on, first {lacking[0].path} "
            f"({lacking[0].reason}); mend them or take their rows out"
        )
    decoded = {utterance.id: utterance for utterance in good}
    return [decoded.get(utterance.id, utterance) for utterance in table.utterances]


def _utterance(path: Path, line: int, row: dict[str, str]) -> Utterance:
    text: dict[str, Any] = {
        name: row.get(name, "") for name in COLUMNS if name not in ("path", *NUMBERS, *RATINGS)
    }
    empty = [name for name in ("id", "path", "emotion") if not row[name]]
    if empty:
        raise CorpusError(f"{path}, line {line}: column {empty[0]!r} is empty; fill it")
    try:
        duration_s, sample_rate = number(row["duration_s"]), int(number(row["sample_rate"]))
    except ValueError:
        numbers = {name: row[name] for name in NUMBERS}
        raise CorpusError(f"{path}, line {line}: expected two numbers, found {numbers}") from None
    return Utterance(
        **text,
        **ratings(path, line, row),
        path=find_recording(path.parent, row["path"]),
        duration_s=duration_s,
        sample_rate=sample_rate,
    )


def refuse_twice(path: Path, utterances: list[Utterance]) -> None:
    """Refuse a list that names two recordings alike.

    Args:
        path: of the list, for the message.
        utterances: one a line, below a head.

    Raises:
        CorpusError: naming the id and both lines.
    """
    lines: dict[str, int] = {}
    for line, utterance in enumerate(utterances, 2):
        if utterance.id in lines:
            raise CorpusError(
                f"{path}: id {utterance.id!r} is in lines {lines[utterance.id]} and {line}; "
                "each recording needs an id of its own"
            )
        lines[utterance.id] = line
