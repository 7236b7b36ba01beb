"""Recordings of your own, listed in a table: path, label, speaker and what else is known.

A CSV file as programs and spreadsheets write it, or a spreadsheet. Licence, citation and counts are
yours. Columns ``path`` (relative to the table) and ``label`` (or ``emotion``) are needed. Read
where they are there: ``speaker``, ``sex``, ``session``, ``dialogue``, ``sentence``,
``transcript``, ``intensity``, ``agreement`` (share of listeners who heard the label, 0 to 1),
``arousal``, ``valence``, ``dominance`` (on a scale of yours), ``split`` (train, selection, test),
``parent``, ``corpus`` and ``id`` (else made from the path).
Where yours are called otherwise, ``columns`` says how. Known fault: without ``speaker`` the
speakers are *unknown*, as in ``folder``. A recording listed twice stays listed twice, so that the
leak check can see it.
"""

import os
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path

from lightspeech.config import NamedPath, config
from lightspeech.corpora._spelling import key
from lightspeech.corpora._table import check_columns, find_recording, posix, ratings, read_rows
from lightspeech.corpora.base import (
    ANY_LANGUAGE,
    SPLITS,
    Info,
    Reading,
    Rejected,
    RootConfig,
    Utterance,
    one_spelling,
)
from lightspeech.errors import CorpusError

NAME = "csv"

INFO = Info(
    title="Recordings in a table",
    licence="that of your recordings",
    citation="none",
    url="",
    language=ANY_LANGUAGE,
    labels=(),
    hint="point root at the table",
)

LABELS = {"label", "emotion"}
"""Columns that say the emotion; one of them is enough."""
SEXES = {"f": "female", "m": "male"}
"""Short forms that are read; any other word is kept in lower case."""


@config
class Config(RootConfig):
    """``root`` is the table: CSV or a spreadsheet.

    Raises:
        ConfigError: if ``columns`` names one that is not read.
    """

    columns: dict[str, str] = field(default_factory=dict)
    """What the table calls a column, such as ``{path: Datei, label: Emotion}``."""
    recordings: NamedPath | None = None
    """Folder that paths are relative to; null: that of the table."""

    def __post_init__(self) -> None:
        """Refuse names for columns that nobody reads."""
        check_columns(self.columns)


def read(cfg: Config) -> Reading:
    """Read a table; a row without a label is rejected.

    Raises:
        CorpusError: if the file is missing or empty, lacks a column, names a part of a split that
            does not exist, or has no row with a label.
        MissingExtra: if it is a spreadsheet and the package that reads them is not installed.
    """
    if cfg.root is None or not os.path.isfile(cfg.root):
        named = f"{cfg.root}: no such table" if str(cfg.root or "") else "no table is named"
        raise CorpusError(f"{named}; give its path as --root FILE.csv")
    return read_table(cfg)


def has_labels(table: Path, columns: Mapping[str, str]) -> bool:
    """Tell whether a table says which emotion its recordings have.

    Args:
        table: CSV or a spreadsheet.
        columns: what it calls its columns.

    Raises:
        CorpusError: as `read`.
        MissingExtra: as `read`.
    """
    return bool(LABELS & read_rows(table, ("path",), columns=columns)[0].keys())


def read_table(cfg: Config, *, need_label: bool = True) -> Reading:
    """Read the rows of a table.

    Args:
        cfg: says which, and what it calls its columns.
        need_label: reject rows without a label; a leak can be told without.

    Raises:
        CorpusError: as `read`.
        MissingExtra: as `read`.
    """
    assert cfg.root is not None
    rows = read_rows(cfg.root, ("path",), columns=cfg.columns)
    if need_label and not LABELS & rows[0].keys():
        rows = read_rows(cfg.root, ("path", "label"), columns=cfg.columns)  # says what is missing
    utterances: list[Utterance] = []
    rejected: list[Rejected] = []
    seen: set[str] = set()
    for line, row in enumerate(rows, 2):
        if not Path(posix(row["path"])).name:
            rejected.append(Rejected(path=cfg.root, reason=f"line {line}: no path or no label"))
            continue
        utterance = _parse(cfg, line, row)
        if need_label and not utterance.emotion:
            reason = f"line {line}: no path or no label"
            rejected.append(Rejected(path=utterance.path, reason=reason))
            continue
        if utterance.id in seen:
            utterance = replace(utterance, id=f"{utterance.id}@{line}")
        seen.add(utterance.id)
        utterances.append(utterance)
    if not utterances:
        raise CorpusError(f"{cfg.root}: no row has path and label; fill the column 'label'")
    return one_spelling(Reading(utterances=utterances, rejected=rejected))


def _parse(cfg: Config, line: int, row: dict[str, str]) -> Utterance:
    """Read one row; its label may be empty."""
    assert cfg.root is not None
    split = row.get("split", "")
    if split and key(split) not in SPLITS:
        raise CorpusError(
            f"{cfg.root}, line {line}: split {split!r}; write one of {tuple(SPLITS)}, or nothing"
        )
    corpus = row.get("corpus") or cfg.root.stem
    speaker = row.get("speaker", "").removeprefix(f"{corpus}/")
    sex = row.get("sex", "").lower()
    return Utterance(
        id=row.get("id") or f"{corpus}/{Path(posix(row['path'])).with_suffix('').as_posix()}",
        path=find_recording(cfg.recordings or cfg.root.parent, row["path"]),
        corpus=corpus,
        speaker=speaker and f"{corpus}/{speaker}",
        emotion=row.get("label") or row.get("emotion", ""),
        sex=SEXES.get(sex, sex),
        session=row.get("session", ""),
        dialogue=row.get("dialogue", ""),
        sentence=row.get("sentence", ""),
        transcript=row.get("transcript", ""),
        intensity=row.get("intensity", ""),
        **ratings(cfg.root, line, row),
        split=SPLITS.get(key(split), ""),
        parent=row.get("parent", ""),
    )
