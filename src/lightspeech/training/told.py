"""What a model that rates told of a test set, beside what listeners said."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lightspeech.errors import CorpusError
from lightspeech.files import write_text

HEAD = ("id", "speaker", "fold", "seed")
HEARD = "_heard"
"""Behind the name of a rating in the column of what listeners said."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Told:
    """Ratings of one run (one fold, one seed) on its test set.

    Attributes:
        ratings: names of the dimensions.
        ids: utterance ids.
        speakers: speaker of each utterance.
        truth: what listeners said, shape ``(n, dimensions)``.
        values: what the model told, same shape.
        fold: number of the fold.
        seed: seed of the training.
    """

    ratings: tuple[str, ...]
    ids: tuple[str, ...]
    speakers: tuple[str, ...]
    truth: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]
    fold: int = 0
    seed: int = 0


def write(told: Told, path: Path) -> None:
    """Write ratings as CSV, two columns a dimension, atomically.

    Args:
        told: of one run.
        path: of the file.

    Raises:
        OutputError: if it cannot be written.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    heard = (f"{name}{HEARD}" for name in told.ratings)
    table.writerow((*HEAD, *told.ratings, *heard))
    numbers = np.concatenate((told.values, told.truth), 1)
    for name, speaker, row in zip(told.ids, told.speakers, numbers, strict=True):
        table.writerow((name, speaker, told.fold, told.seed, *(f"{x:.6f}" for x in row)))
    write_text(path, text.getvalue())


def read(path: Path) -> Told:
    """Read ratings written by `write`.

    Raises:
        CorpusError: if the file is missing, has other columns, or nobody was tested.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        n = (len(header) - len(HEAD)) // 2
        names = tuple(header[len(HEAD) : len(HEAD) + n])
        if tuple(header) != (*HEAD, *names, *(f"{name}{HEARD}" for name in names)) or not rows:
            raise ValueError("expected columns of ratings, and a row for each utterance")
        numbers = np.array([row[len(HEAD) :] for row in rows], np.float64)
        if numbers.shape != (len(rows), 2 * n) or not np.isfinite(numbers).all():
            raise ValueError("not one number of each rating in every row")
        return Told(
            ratings=names,
            ids=tuple(row[0] for row in rows),
            speakers=tuple(row[1] for row in rows),
            truth=numbers[:, n:],
            values=numbers[:, :n],
            fold=int(rows[0][2]),
            seed=int(rows[0][3]),
        )
    except (OSError, ValueError, IndexError, csv.Error) as error:
        raise CorpusError(f"{path}: no ratings here ({error}); run the training again") from None
