"""How sure a model may be of people, rooms and languages it never heard.

A temperature fitted on speakers of the training corpora trusts them too much elsewhere. Here
temperature and thresholds are fitted on corpora that were left out in training, and for the figures
of each corpus on the others alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lightspeech import metrics
from lightspeech.config import config
from lightspeech.errors import CorpusError
from lightspeech.evaluation import thresholds
from lightspeech.training.predictions import Predictions

Floats = npt.NDArray[np.float64]
SHARPNESS = np.geomspace(0.05, 2.0, 149)
"""What logarithms of probabilities are multiplied by, among which the best is looked for."""
PATH = Path("benchmarks/calibration.json")
"""Below the folder of all results."""


@config
class Calibration:
    """Of one corpus that was left out, with what the others gave; shares 0 to 1, means of seeds."""

    corpus: str
    seeds: int
    """Of the runs that never heard it, whose mean each figure is."""
    ece_before: float
    """Expected calibration error as trained."""
    ece: float
    """With the temperature of the other corpora."""
    uar: float
    uar_of_surest_half: float
    answered: float
    """Share above the thresholds of the other corpora."""
    right_of_answered: float | None
    """None where nothing is answered."""


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Answers to one corpus by runs that never heard it.

    Attributes:
        corpus: its name.
        answers: one of each seed.
        temperatures: that are in their probabilities.
    """

    corpus: str
    answers: tuple[Predictions, ...]
    temperatures: tuple[float, ...]

    def logits(self, seed: int) -> Floats:
        """Logarithms of the probabilities of one seed, as before any temperature: ``(n, c)``."""
        found = np.maximum(self.answers[seed].probabilities.astype(np.float64), thresholds.LEAST)
        logits: Floats = np.log(found) * self.temperatures[seed]
        return logits


def by_corpus(runs: Sequence[Predictions], temperatures: Sequence[float]) -> list[LeftOut]:
    """Sort the answers of a study that leaves out corpus after corpus.

    Args:
        runs: one of each fold and seed; a fold may test several corpora.
        temperatures: of each, > 0.

    Raises:
        CorpusError: if there are fewer than two corpora.
    """
    found: dict[str, list[tuple[Predictions, float]]] = {}
    for run, temperature in zip(runs, temperatures, strict=True):
        corpora = np.array([name.split("/")[0] for name in run.ids])
        for corpus in np.unique(corpora):
            answers = run.of(np.flatnonzero(corpora == corpus))
            found.setdefault(str(corpus), []).append((answers, temperature))
    if len(found) < 2:
        raise CorpusError("one corpus was left out; at least 2 are needed to fit on the others")
    return _grouped(found)


def by_fold(runs: Sequence[Predictions], temperatures: Sequence[float]) -> list[LeftOut]:
    """Sort the answers of a study within a corpus: the strangers of each fold stand for a corpus.

    Args:
        runs: one of each fold and seed.
        temperatures: of each, > 0.
    """
    found: dict[str, list[tuple[Predictions, float]]] = {}
    for run, temperature in zip(runs, temperatures, strict=True):
        found.setdefault(f"fold {run.fold}", []).append((run, temperature))
    return _grouped(found)


def _grouped(found: dict[str, list[tuple[Predictions, float]]]) -> list[LeftOut]:
    return [
        LeftOut(name, *(tuple(part) for part in zip(*pairs, strict=True)))
        for name, pairs in sorted(found.items())
    ]


def temperature(corpora: Sequence[LeftOut]) -> float:
    """Fit the temperature of least negative log-likelihood; all corpora and classes weigh alike."""

    def loss(sharpness: float) -> float:
        return float(np.mean([_loss(corpus, sharpness) for corpus in corpora]))

    return float(1 / min(SHARPNESS, key=loss))


def _loss(corpus: LeftOut, sharpness: float) -> float:
    losses = []
    for seed, answers in enumerate(corpus.answers):
        p = softmax(corpus.logits(seed) * sharpness)
        each = -np.log(p[np.arange(len(p)), answers.truth])
        losses += [each[answers.truth == c].mean() for c in np.unique(answers.truth)]
    return float(np.mean(losses))


def thresholds_of(corpora: Sequence[LeftOut], temperature: float) -> tuple[float, ...]:
    """Find for each emotion the top probability from which on answers are believed.

    Args:
        corpora: that count alike.
        temperature: of the probabilities.

    Returns:
        One for each label, 0 to 1, as of `thresholds.fit`.
    """
    return thresholds.fit([_answers(corpus, temperature) for corpus in corpora])


def _answers(corpus: LeftOut, temperature: float) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Probabilities of all seeds, and what is true of each."""
    parts = [softmax(corpus.logits(seed) / temperature) for seed in range(len(corpus.answers))]
    return np.concatenate(parts), np.concatenate([each.truth for each in corpus.answers])


def measure(corpora: Sequence[LeftOut]) -> list[Calibration]:
    """Measure each corpus with temperature and thresholds of the others.

    Args:
        corpora: two or more.
    """
    figures = []
    for left in corpora:
        others = [corpus for corpus in corpora if corpus is not left]
        fitted = temperature(others)
        figures.append(_measured(left, fitted, thresholds_of(others, fitted)))
    return figures


def _measured(left: LeftOut, fitted: float, limits: Sequence[float]) -> Calibration:
    rows = []
    for seed, answers in enumerate(left.answers):
        before = metrics.expected_calibration_error(answers.probabilities, answers.truth)
        p = softmax(left.logits(seed) / fitted)
        rows.append({"ece_before": before, **how_sure(p, answers.truth, limits)})
    means = {
        name: round(float(metrics.mean_present(np.array([row[name] for row in rows]))), 6)
        for name in rows[0]
    }
    right = means.pop("right_of_answered")
    return Calibration(
        corpus=left.corpus,
        seeds=len(rows),
        right_of_answered=None if np.isnan(right) else right,
        **means,
    )


def how_sure(p: Floats, truth: npt.NDArray[np.int64], limits: Sequence[float]) -> dict[str, float]:
    """Measure answers and how far they may be believed, shares 0 to 1.

    Args:
        p: probabilities, shape ``(n, n_classes)``.
        truth: classes, shape ``(n,)``, from 0.
        limits: a threshold for each class, from which on its answers are believed.

    Returns:
        ``ece``, ``uar``, ``uar_of_surest_half``, ``answered`` and ``right_of_answered``, NaN where
        nothing is answered.
    """
    top, given, n = p.max(1), p.argmax(1), len(limits)
    surest = np.argsort(-top, kind="stable")[: (len(top) + 1) // 2]
    sure = top >= np.array(limits)[given]
    return {
        "ece": metrics.expected_calibration_error(p, truth),
        "uar": metrics.uar(truth, given, n),
        "uar_of_surest_half": metrics.uar(truth[surest], given[surest], n),
        "answered": float(sure.mean()),
        "right_of_answered": float((given == truth)[sure].mean()) if sure.any() else float("nan"),
    }


def softmax(logits: Floats) -> Floats:
    """Make logits probabilities, shape ``(n, n_classes)`` both."""
    exponent = np.exp(logits - logits.max(1, keepdims=True))
    probabilities: Floats = exponent / exponent.sum(1, keepdims=True)
    return probabilities
