"""CSV tables that people bring."""

import csv
from pathlib import Path

from lightspeech.errors import CorpusError


def read_rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Read the rows of a CSV file that must have certain columns, blank cells as empty text.

    Args:
        path: the file, its first line the header.
        columns: those it must have; others are read too.

    Raises:
        CorpusError: if the file is missing, no UTF-8 text or empty, or lacks a column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            header = list(table.fieldnames or [])
            rows = [{key: value or "" for key, value in row.items() if key} for row in table]
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{path}: not a CSV file in UTF-8 ({error})") from None
    lacking = [name for name in columns if name not in header]
    if lacking:
        raise CorpusError(f"{path}: no column {lacking[0]!r}; found {header}, needed {columns}")
    if not rows:
        raise CorpusError(f"{path}: no rows below the header; is the file complete?")
    return rows
