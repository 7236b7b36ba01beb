"""What a model answered on a test set: the one thing every figure is computed from."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lightspeech.errors import CorpusError
from lightspeech.files import write_text


@dataclass(frozen=True, kw_only=True, eq=False)
class Predictions:
    """Answers of one run (one fold, one seed) on its test set.

    Attributes:
        labels: class names, in the order of the probabilities.
        ids: utterance ids.
        speakers: speaker of each utterance.
        truth: class index of each utterance, int64, shape ``(n,)``.
        probabilities: float32, shape ``(n, n_classes)``, rows sum to 1.
        fold: number of the fold.
        seed: seed of the training.
    """

    labels: tuple[str, ...]
    ids: tuple[str, ...]
    speakers: tuple[str, ...]
    truth: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]
    fold: int = 0
    seed: int = 0

    @property
    def answers(self) -> npt.NDArray[np.int64]:
        """Index of the most probable class, shape ``(n,)``."""
        index: npt.NDArray[np.int64] = self.probabilities.argmax(1)
        return index

    def of(self, rows: npt.NDArray[np.int64]) -> "Predictions":
        """Give the predictions of some utterances.

        Args:
            rows: places among ``ids``, shape ``(n_rows,)``.
        """
        return replace(
            self,
            ids=tuple(self.ids[row] for row in rows),
            speakers=tuple(self.speakers[row] for row in rows),
            truth=self.truth[rows],
            probabilities=self.probabilities[rows],
        )


HEAD = ("id", "speaker", "emotion", "fold", "seed")


def write(predictions: Predictions, path: Path) -> None:
    """Write predictions as CSV, a column a class, atomically.

    Args:
        predictions: of one run.
        path: of the file.

    Raises:
        OutputError: if it cannot be written.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow((*HEAD, *predictions.labels))
    for row, name in enumerate(predictions.ids):
        emotion = predictions.labels[predictions.truth[row]]
        numbers = (f"{p:.6f}" for p in predictions.probabilities[row])
        table.writerow(
            (name, predictions.speakers[row], emotion, predictions.fold, predictions.seed, *numbers)
        )
    write_text(path, text.getvalue())


def read(path: Path) -> Predictions:
    """Read predictions written by `write`.

    Raises:
        CorpusError: if the file is missing, has other columns, or nobody was tested.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
    except (OSError, ValueError, csv.Error):
        raise CorpusError(f"{path}: no predictions here; run the training again") from None
    if tuple(header[: len(HEAD)]) != HEAD:
        raise CorpusError(f"{path}: not a predictions file; expected columns {HEAD} and classes")
    if not rows:
        raise CorpusError(
            f"{path}: nobody was tested, so there is no figure; take a recipe whose protocol tests"
        )
    try:
        return _parsed(tuple(header[len(HEAD) :]), rows)
    except (ValueError, IndexError) as error:
        raise CorpusError(f"{path}: damaged ({error}); run the training again") from None


def _parsed(labels: tuple[str, ...], rows: Sequence[Sequence[str]]) -> Predictions:
    probabilities = np.array([row[len(HEAD) :] for row in rows], np.float32)
    if probabilities.shape != (len(rows), len(labels)) or not np.isfinite(probabilities).all():
        raise ValueError(f"not one probability of each of {len(labels)} classes in every row")
    return Predictions(
        labels=labels,
        ids=tuple(row[0] for row in rows),
        speakers=tuple(row[1] for row in rows),
        truth=np.array([labels.index(row[2]) for row in rows], np.int64),
        probabilities=probabilities,
        fold=int(rows[0][3]),
        seed=int(rows[0][4]),
    )
