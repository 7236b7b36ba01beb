"""Recordings of your own, listed in a CSV table: path, label, speaker and what else is known.

Licence, citation and counts are yours. Columns ``path`` (relative to the table) and ``label`` (or
``emotion``) are needed. Read where they are there: ``speaker``, ``sex``, ``session``, ``dialogue``,
``sentence``, ``intensity``, ``split`` (train, selection, test), ``parent``, ``corpus`` and ``id``
(else made from the path). Known fault: without ``speaker`` the speakers are *unknown*, as in
``folder``. A recording listed twice stays listed twice, so that the leak check can see it.
"""

from dataclasses import replace
from pathlib import Path

from lightspeech.config import config
from lightspeech.corpora._table import read_rows
from lightspeech.corpora.base import Info, Reading, Rejected, RootConfig, Utterance
from lightspeech.errors import CorpusError

NAME = "csv"

INFO = Info(
    title="Recordings in a table",
    licence="that of your recordings",
    citation="none",
    url="",
    language="any",
    labels=(),
    hint="point root at the CSV file",
)

SEXES = {"f": "female", "m": "male"}
"""Short forms that are read; any other word is kept in lower case."""
SPLITS = ("train", "selection", "test", "")
"""What the column ``split`` may say."""


@config
class Config(RootConfig):
    """``root`` is the CSV file."""


def read(cfg: Config) -> Reading:
    """Read a table; a row without a label is rejected.

    Raises:
        CorpusError: if the file is missing or empty, lacks a column, names a part of a split that
            does not exist, or has no row with a label.
    """
    if cfg.root is None or not cfg.root.is_file():
        raise CorpusError(f"no CSV file {cfg.root or ''}; give its path as --root FILE.csv")
    return read_table(cfg.root)


def read_table(table: Path, *, need_label: bool = True) -> Reading:
    """Read the rows of a table.

    Args:
        table: the CSV file.
        need_label: reject rows without a label; a leak can be told without.

    Raises:
        CorpusError: as `read`.
    """
    utterances: list[Utterance] = []
    rejected: list[Rejected] = []
    seen: set[str] = set()
    for line, row in enumerate(read_rows(table, ("path",)), 2):
        utterance = parse(table, line, row)
        if not row["path"] or (need_label and not utterance.emotion):
            reason = f"line {line}: no path or no label"
            rejected.append(Rejected(path=utterance.path, reason=reason))
            continue
        if utterance.id in seen:
            utterance = replace(utterance, id=f"{utterance.id}@{line}")
        seen.add(utterance.id)
        utterances.append(utterance)
    if not utterances:
        raise CorpusError(f"{table}: no row has path and label; fill the column 'label'")
    return Reading(utterances=utterances, rejected=rejected)


def parse(table: Path, line: int, row: dict[str, str]) -> Utterance:
    """Read one row; its label may be empty.

    Args:
        table: the CSV file; paths are relative to its folder, and its stem names the corpus.
        line: of the row, from 1, for the message.
        row: cell by column, at least ``path``.

    Raises:
        CorpusError: if its split is none of those there are.
    """
    if row.get("split", "") not in SPLITS:
        raise CorpusError(
            f"{table}, line {line}: split {row['split']!r}; write one of {SPLITS[:3]}, or nothing"
        )
    corpus = row.get("corpus") or table.stem
    speaker = row.get("speaker", "").removeprefix(f"{corpus}/")
    sex = row.get("sex", "").lower()
    return Utterance(
        id=row.get("id") or f"{corpus}/{Path(row['path']).with_suffix('').as_posix()}",
        path=table.parent / row["path"],
        corpus=corpus,
        speaker=speaker and f"{corpus}/{speaker}",
        emotion=row.get("label") or row.get("emotion", ""),
        sex=SEXES.get(sex, sex),
        session=row.get("session", ""),
        dialogue=row.get("dialogue", ""),
        sentence=row.get("sentence", ""),
        intensity=row.get("intensity", ""),
        split=row.get("split", ""),
        parent=row.get("parent", ""),
    )
