"""The table of a chain: the plain runs and what each step made of them, exported and measured."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from lightspeech.bundle import Bundle
from lightspeech.config import changed
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.evaluation import compression, latency, machine
from lightspeech.evaluation import conditions as studies
from lightspeech.evaluation.compression import Chain, Change, Step
from lightspeech.evaluation.latency import Latency
from lightspeech.evaluation.results import Results
from lightspeech.inference.backends import onnx
from lightspeech.studies import stages
from lightspeech.studies.stages import Places, Study
from lightspeech.training import cost, predictions, teachers
from lightspeech.training import run as runs
from lightspeech.training.predictions import Predictions
from lightspeech.workflows import publish

PLAIN = "plain"
BYTES = {"int8": 1}
"""Of an activation, by scheme; those of all others have 4."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """The plain runs or those of a step, exported; ``name`` is as in the table."""

    name: str
    trained: Study
    figures: Results
    bundle: Bundle
    answers: list[Predictions]


def export(folder: Path, places: Places) -> list[Row]:
    """Export the first run of the plain runs and of each step, and compute the figures of all.

    Raises:
        CorpusError: if a run is not finished.
        ConfigError: if the model cannot be exported.
    """
    steps = stages.read_study(folder).recipe.compress
    names = [f"{number}-{step.name}" for number, step in enumerate(steps, start=1)]
    return [_row(PLAIN, folder, places), *(_row(name, folder / name, places) for name in names)]


def _row(name: str, folder: Path, places: Places) -> Row:
    trained = stages.read_study(folder)
    figures, exported = publish.export(trained, trained.run_names[0], places)
    if exported is None:
        raise ConfigError(
            f"{folder}: the model hears an encoder, so no bundle holds it and nothing here can be "
            "measured; take a model of the own family, and this one as its teacher"
        )
    _, answers = studies.read(folder)
    return Row(name=name, trained=trained, figures=figures, bundle=exported, answers=answers)


def with_own_name(rows: Sequence[Row]) -> list[Row]:
    """List the rows whose figures can stand alone: by model and scheme nobody tells others apart.

    Where steps of one kind are compared, as in an ablation, the table of the chain holds them all.
    """
    schemes = Counter(row.figures.scheme for row in rows[1:])
    return [row for row in rows[1:] if schemes[row.figures.scheme] == 1]


def measure(rows: Sequence[Row]) -> Chain:
    """Say what each step cost; durations are taken side by side.

    Raises:
        CorpusError: if the rows were not tested on the same utterances.
    """
    taken = latency.measure({row.name: _call(row.bundle) for row in rows})
    teacher = _teacher_answers(rows[0].trained)
    first = rows[0].figures
    return Chain(
        recipe=first.recipe,
        model=first.model,
        corpus=first.corpus,
        labels=first.labels,
        seeds=first.seeds,
        steps=tuple(
            _step(row, rows[0], before, taken[row.name], teacher)
            for before, row in zip([rows[0], *rows], rows, strict=False)
        ),
        machine=machine.describe(),
    )


def _call(bundle: Bundle) -> Callable[[], object]:
    """One window of noise to probabilities, on one thread."""
    window = round(bundle.windows.window_s * bundle.sample_rate)
    noise = np.random.default_rng(0).normal(0, 0.1, (1, window)).astype(np.float32)
    return partial(onnx.open(bundle).predict, noise)


def _step(row: Row, plain: Row, before: Row, taken: Latency, teacher: list[Predictions]) -> Step:
    done = runs.read_run(row.trained.folder / row.trained.run_names[0])
    costs = cost.of(done, bytes_per_value=BYTES.get(row.figures.scheme, 4))
    return Step(
        name=row.name,
        scheme=row.figures.scheme,
        settings={} if row is plain else changed(row.trained.steps[-1].config),
        uar=row.figures.uar,
        change=None if row is plain else _change(plain, row),
        of_step=None if row is plain else _change(before, row),
        teacher_agreement=compression.teacher_agreement(row.answers, teacher),
        n_params=row.figures.n_params,
        size_bytes=row.bundle.size_bytes,
        macs=row.figures.macs or costs.macs,
        peak_activation_bytes=costs.peak_activation_bytes,
        latency=taken,
    )


def _change(before: Row, after: Row) -> Change:
    return compression.change(before.figures, after.figures, before.answers, after.answers)


def _teacher_answers(plain: Study) -> list[Predictions]:
    """Read what the teacher answered to its own test sets; nothing of a folder of soft labels."""
    for step in plain.recipe.compress:
        if step.name == "distill":
            cfg = step.config
            studies = plain.folder.resolve().parent
            try:
                folders = [teachers.find(teacher, studies) for teacher in cfg.teachers]
            except CorpusError:
                return []
            paths = [path for folder in folders for path in folder.glob("fold*-seed*/test.csv")]
            found = [predictions.read(path) for path in sorted(paths)]
            return [run for run in found if cfg.seeds is None or run.seed in cfg.seeds]
    return []
