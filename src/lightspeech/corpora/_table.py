"""Tables that people bring: CSV as programs and spreadsheets write it, and spreadsheets themselves.

Commas, semicolons or tabs; UTF-8 with and without a mark, UTF-16, Windows-1252; paths of Windows;
cells and names of columns with blanks and in any case. All of it becomes rows of text.
"""

import csv
import io
import math
import os
import unicodedata
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path, PureWindowsPath
from typing import Any

from lightspeech.corpora._encoding import decode
from lightspeech.corpora._spelling import clean, key
from lightspeech.corpora.base import RATINGS
from lightspeech.errors import ConfigError, CorpusError, MissingExtra
from lightspeech.files import read_bytes

SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
"""Suffixes of what is no text."""
DELIMITERS = ",;\t"
FIELDS = (
    "path", "label", "speaker", "sex", "session", "dialogue", "sentence", "transcript",
    "intensity", *RATINGS, "split", "parent", "corpus", "id",
)  # fmt: skip
"""Columns of recordings, which a table may call otherwise."""


def check_columns(columns: Mapping[str, str]) -> None:
    """Refuse names for columns that nobody reads.

    Args:
        columns: what the table calls a field, by field.

    Raises:
        ConfigError: naming one that is none of `FIELDS`.
    """
    if unknown := sorted(set(columns) - set(FIELDS)):
        raise ConfigError(
            f"columns: {unknown[0]!r} is no column that is read; choose of {list(FIELDS)}, as in "
            "path=Datei,label=Emotion,speaker=Sprecher"
        )


def read_rows(
    path: Path, needed: tuple[str, ...], *, columns: Mapping[str, str] | None = None
) -> list[dict[str, str]]:
    """Read the rows of a table that must have certain columns, blank cells as empty text.

    Args:
        path: the file, its first row the names of the columns; a spreadsheet's first sheet.
        needed: columns it must have; others are read too. Their case does not matter.
        columns: what the table calls a column, by the name it is read under.

    Returns:
        Cell by column, both without blanks around them; a path as it stands there.

    Raises:
        CorpusError: if the file is missing, no table or empty, or lacks a column.
        MissingExtra: if it is a spreadsheet and the package that reads them is not installed.
    """
    try:
        header, *lines = _lines(path) or [[]]
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    names = _names(path, header, needed, columns or {})
    while lines and not any(map(clean, lines[-1])):
        lines.pop()
    if not lines:
        raise CorpusError(f"{path}: no rows below the header; is the file complete?")
    return [_row(names, cells) for cells in lines]


def _lines(path: Path) -> list[list[str]]:
    if path.suffix.lower() in SPREADSHEETS:
        return _sheet(path)
    data = read_bytes(path)
    try:
        text = decode(path, data)
        first, _, rest = text.partition("\n")
        if first.lower().startswith("sep="):  # a hint that spreadsheets read
            return list(csv.reader(io.StringIO(rest, newline=""), delimiter=first[4]))
        delimiter = max(DELIMITERS, key=first.count)
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except (UnicodeDecodeError, csv.Error, IndexError) as error:
        raise CorpusError(
            f"{path}: not a CSV file in UTF-8 ({error}); save it as 'CSV UTF-8' or as .xlsx"
        ) from None


def _sheet(path: Path) -> list[list[str]]:
    """Read the first sheet of a spreadsheet as text."""
    try:
        from python_calamine import CalamineError, load_workbook
    except ModuleNotFoundError:
        raise MissingExtra(f"reading {path.suffix}", "tables") from None
    try:
        rows = load_workbook(path).get_sheet_by_index(0).to_python()
    except (CalamineError, ValueError) as error:
        raise CorpusError(f"{path}: no spreadsheet ({error}); save it again, or as CSV") from None
    return [[_text(cell) for cell in row] for row in rows]


def _text(cell: object) -> str:
    """Write a cell as a spreadsheet shows it: 7, not 7.0."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _names(
    path: Path, header: list[str], needed: tuple[str, ...], columns: Mapping[str, str]
) -> list[str]:
    """Say under which name each column is read; empty for one that another stands for."""
    names = [key(cell) for cell in header]
    found = [clean(cell) for cell in header]
    places = {}
    for field, theirs in columns.items():
        if key(theirs) not in names:
            raise CorpusError(f"{path}: no column {theirs!r} for {field}; found {found}")
        places[names.index(key(theirs))] = field
    read = [places.get(place, "" if name in columns else name) for place, name in enumerate(names)]
    for name in needed:
        if read.count(name) != 1:
            problem = "no column" if name not in read else "more than one column"
            raise CorpusError(
                f"{path}: {problem} {name!r}; found {found}, needed {needed}; say what yours are "
                f"called, as in --columns {name}=NAME, in a recipe columns: {{{name}: NAME}}"
            )
    return read


def _row(names: list[str], cells: list[str]) -> dict[str, str]:
    cells = cells + [""] * (len(names) - len(cells))
    row: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=False):
        if name:
            row.setdefault(name, cell if name == "path" else clean(cell))
    return row


def posix(cell: str) -> str:
    r"""Write a path with slashes; one of Windows too.

    Args:
        cell: as it stands in a table.

    Example:
        >>> posix("sub\\a.wav ")
        'sub/a.wav'
    """
    cell = cell.strip()
    return PureWindowsPath(cell).as_posix() if "\\" in cell else cell


def find_recording(folder: Path, cell: str) -> Path:
    """Find a recording by the path that a table says, in whatever way it is written.

    Args:
        folder: that the path is relative to.
        cell: of the table; blanks, separators and Unicode form may be others than on this disk.

    Returns:
        The first of these spellings that is there; else the plain one.
    """
    plain = posix(cell)
    spellings = [cell, plain, *(unicodedata.normalize(form, plain) for form in ("NFC", "NFD"))]
    there = (folder / each for each in spellings if os.path.isfile(folder / each))
    return next(there, folder / plain)


def number(cell: str) -> float:
    """Read a number; its decimals may stand behind a comma.

    Args:
        cell: of a table.

    Raises:
        ValueError: if it is none, or none that is finite.

    Example:
        >>> number("1,5"), number("1.5")
        (1.5, 1.5)
    """
    value = float(cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell)
    if not math.isfinite(value):
        raise ValueError(f"{cell} is not finite")
    return value


def ratings(path: Path, line: int, row: Mapping[str, str]) -> dict[str, Any]:
    """Read what listeners say of a recording, a number by column; None where a cell is empty.

    Args:
        path: of the table, for the message.
        line: of the row, for the message.
        row: cell by column.

    Raises:
        CorpusError: if a cell holds no number, or an agreement that is no share.
    """
    rated: dict[str, Any] = {}
    for name in RATINGS:
        cell = row.get(name, "")
        try:
            rated[name] = number(cell) if cell else None
        except ValueError:
            raise CorpusError(
                f"{path}, line {line}: {name} {cell!r} is no number; write one, or nothing"
            ) from None
    if (agreement := rated["agreement"]) is not None and not 0 <= agreement <= 1:
        raise CorpusError(
            f"{path}, line {line}: agreement {agreement:g} is no share of listeners; write 0 to 1"
        )
    return rated
