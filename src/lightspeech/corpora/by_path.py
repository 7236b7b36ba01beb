"""What a table, or a file beside it, says of a recording, which is found by its path."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from lightspeech.audio.folders import SUFFIXES
from lightspeech.corpora._encoding import decode
from lightspeech.corpora._spelling import first_spellings, key
from lightspeech.corpora._table import posix, read_rows
from lightspeech.errors import CorpusError
from lightspeech.files import read_bytes


def from_table(table: Path, columns: Mapping[str, str], column: str) -> Callable[[str], str | None]:
    """Match paths from their ends: that of the table may begin above the root, or below it.

    Args:
        table: CSV or a spreadsheet, with the columns ``path`` and ``column``.
        columns: what it calls these.
        column: whose cell is wanted.

    Returns:
        Gives the cell of a path; None where no row is of it alone.

    Raises:
        CorpusError: if it cannot be read, lacks a column, or says two things of one path.
        MissingExtra: if it is a spreadsheet and the package that reads them is not installed.
    """
    cells: dict[str, str] = {}
    whole: dict[str, set[str]] = {}
    ends: dict[str, set[str]] = {}
    theirs = {name: columns[name] for name in ("path", column) if name in columns}
    rows = read_rows(table, ("path", column), columns=theirs)
    spelt = first_spellings(row[column] for row in rows)
    for row in rows:
        full, named = key(posix(row["path"])), spelt[row[column]]
        if (before := cells.setdefault(full, named)) != named:
            raise CorpusError(
                f"{table}: {column} of {row['path']!r} is {before!r} and {named!r}; keep one "
                "of the rows, or write the folders of each recording before its name"
            )
        path = _without_suffix(full)
        whole.setdefault(path, set()).add(named)
        for end in _ends(path):
            ends.setdefault(end, set()).add(named)

    def cell(path: str) -> str | None:
        path = _without_suffix(path)
        named = next((whole[end] for end in _ends(path) if end in whole), ends.get(path, set()))
        return next(iter(named)) if len(named) == 1 else None  # two people: the name does not tell

    return cell


def _ends(path: str) -> list[str]:
    """``a/b/c``, ``b/c``, ``c``."""
    parts = path.split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]


def _without_suffix(path: str) -> str:
    suffix = PurePosixPath(path).suffix
    return key(path.removesuffix(suffix) if suffix.lower() in SUFFIXES else path)


def text_beside(recording: Path, *, suffix: str) -> str:
    """Read the text file of a recording; empty where there is none.

    Args:
        recording: the audio file.
        suffix: of a file of the same name beside it, such as ``.txt``.

    Raises:
        CorpusError: if it is no text.
    """
    path = recording.with_suffix(suffix)
    if not os.path.isfile(path):
        return ""
    try:
        return decode(path, read_bytes(path))
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: no text ({error}); save it as UTF-8") from None
