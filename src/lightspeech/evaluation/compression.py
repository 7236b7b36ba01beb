"""What each step of a chain cost: before and after, paired by speaker, seed and utterance."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lightspeech import config, metrics
from lightspeech.errors import CorpusError
from lightspeech.evaluation import results
from lightspeech.evaluation.conditions import read_folder
from lightspeech.evaluation.latency import Latency
from lightspeech.evaluation.results import DIGITS, Results, Uar
from lightspeech.files import write_json
from lightspeech.training import layout
from lightspeech.training.predictions import Predictions

FILE = layout.CHAIN
FOLDER = "chains"
"""Below the folder of all results."""


@config.config
class Change:
    """From the plain runs to those of a step; positive is better."""

    uar: float
    ci95: tuple[float, float] | None
    """Paired bootstrap by speaker; null for one speaker."""
    per_class_recall: dict[str, float | None]
    per_speaker: dict[str, float]
    """Of the UAR."""
    flipped: float
    """Share of the answers that are other ones."""


@config.config
class Step:
    """One row: the plain runs, or what a step made of them."""

    name: str
    """``plain``, or that of the step's folder."""
    scheme: str | None = None
    """As results carry it; null in files that do not say it."""
    settings: dict[str, Any]
    """Of the step, where they are not the defaults."""
    uar: Uar
    change: Change | None
    """From the plain runs; null for these."""
    of_step: Change | None
    """From the row before; null for the plain runs."""
    teacher_agreement: float | None
    """Share of the answers that the teacher gives too; null without a teacher."""
    n_params: int
    size_bytes: int
    """Of the exported model, front end inside."""
    macs: int
    """Of one window, front end apart."""
    peak_activation_bytes: int
    latency: Latency
    """Waveform of one window to probabilities, ONNX Runtime on one thread."""


@config.config
class Chain:
    """All rows of a recipe, and the machine of their durations."""

    recipe: str
    model: str | None = None
    """As results carry it; null in files that do not say it."""
    corpus: str
    labels: tuple[str, ...]
    seeds: tuple[int, ...]
    steps: tuple[Step, ...]
    machine: dict[str, str | int]


def change(
    before: Results, after: Results, plain: Sequence[Predictions], compressed: Sequence[Predictions]
) -> Change:
    """Compare the runs of a step with the plain ones.

    Args:
        before: figures of the plain runs.
        after: figures of the step's.
        plain: answers of the plain runs, one of each fold and seed.
        compressed: answers of the step's, the same folds and seeds.

    Raises:
        CorpusError: if the two were not tested on the same utterances.
    """
    first, second = (results.tally(runs, before.labels) for runs in (plain, compressed))
    interval = metrics.paired_ci(first.counts, second.counts) if len(first.speakers) > 1 else None
    return Change(
        uar=_rounded(after.uar.mean - before.uar.mean),
        ci95=interval and (_rounded(interval[0]), _rounded(interval[1])),
        per_class_recall={
            label: None if old is None or new is None else _rounded(new - old)
            for label, old in before.per_class_recall.items()
            for new in [after.per_class_recall[label]]
        },
        per_speaker={
            name: _rounded(after.per_speaker[name] - old)
            for name, old in before.per_speaker.items()
        },
        flipped=_rounded(1 - same_answers(plain, compressed)),
    )


def same_answers(runs: Sequence[Predictions], other_runs: Sequence[Predictions]) -> float:
    """Share of equal answers, run by run of the same fold and seed.

    Args:
        runs: answers of some runs.
        other_runs: of the same folds and seeds.

    Returns:
        From 0 to 1.

    Raises:
        CorpusError: if they were not tested on the same utterances.
    """
    by_run = {(run.fold, run.seed): run for run in other_runs}
    equal = []
    for run in runs:
        other = by_run.get((run.fold, run.seed))
        if other is None or other.ids != run.ids:
            raise CorpusError(
                f"fold {run.fold} of seed {run.seed}: not tested on the same utterances before "
                "and after a step; apply the steps again with --fresh"
            )
        equal.append(run.answers == other.answers)
    return float(np.mean(np.concatenate(equal)))


def teacher_agreement(
    student: Sequence[Predictions], teacher: Sequence[Predictions]
) -> float | None:
    """Share of answers that a teacher, the mean of its seeds, gives too; None if it was not asked.

    Args:
        student: answers of a step's runs.
        teacher: answers of the teacher's runs to its own test utterances.
    """
    sums: dict[str, np.ndarray] = {}
    for run in teacher:
        for name, probabilities in zip(run.ids, run.probabilities, strict=True):
            sums[name] = sums.get(name, 0) + probabilities
    equal = [
        run.labels[answer] == teacher[0].labels[int(sums[name].argmax())]
        for run in student
        for name, answer in zip(run.ids, run.answers, strict=True)
        if name in sums
    ]
    return _rounded(float(np.mean(equal))) if equal else None


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)


def write(chain: Chain, path: Path) -> None:
    """Write a ``chain`` as JSON to a ``path``, atomically.

    Args:
        chain: of a recipe.
        path: of the file.

    Raises:
        OutputError: if the file cannot be written.
    """
    write_json(path, config.as_dict(chain))


def read(path: Path) -> Chain:
    """Read a chain, every field checked.

    Args:
        path: of the file.

    Raises:
        CorpusError: if the file is missing or no JSON object.
        ConfigError: if a field is missing, unknown or out of range.
    """
    return config.read_json(Chain, path)


def read_all(root: Path) -> dict[Path, Chain]:
    """Read the chains of all recipes, by path.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if a file holds no JSON object.
        ConfigError: if one does not hold what it should.
    """
    return read_folder(Chain, root / FOLDER)
