"""A chain: the plain runs and what each step made of them, trained, exported and measured."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from lightspeech.bundle import Bundle
from lightspeech.config import changed
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.evaluation import compression, latency, machine, results
from lightspeech.evaluation.compression import Chain, Change, Step
from lightspeech.evaluation.latency import Latency
from lightspeech.evaluation.results import Results
from lightspeech.files import placed, write_text
from lightspeech.inference.backends import onnx
from lightspeech.inference.predictor import timed
from lightspeech.progress import Progress
from lightspeech.reporting import compression as tables
from lightspeech.reporting import plots_of_costs
from lightspeech.studies.folders import Places
from lightspeech.studies.study import Study, read_study
from lightspeech.training import cost, layout, predictions, teachers
from lightspeech.training import run as runs
from lightspeech.training.predictions import Predictions
from lightspeech.training.teachers import Lessons
from lightspeech.workflows import measuring, publish
from lightspeech.workflows.keep import keep
from lightspeech.workflows.train import Job, last_study, train

PLAIN = "plain"


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """The plain runs or those of a step, exported; ``name`` is as in the table."""

    name: str
    study: Study
    figures: Results
    bundle: Bundle
    answers: list[Predictions]


@dataclass(frozen=True, kw_only=True)
class Compressed:
    """What a chain came to; no chain where the protocol tests nobody.

    Attributes:
        study: its plain runs.
        chain: what each step cost.
        bundle: of the last step of a final model.
    """

    study: Study
    chain: Chain | None = None
    bundle: Bundle | None = None


def compress(job: Job, progress: Progress, *, publish_to: Path | None = None) -> Compressed:
    """Train a recipe, apply its steps one after the other, and say what each of them cost.

    Args:
        job: what is to be done.
        progress: told of recordings, features, epochs, and runs of each step.
        publish_to: folder of published results that table and figures are written into as well.

    Raises:
        LightspeechError: if the recipe, the corpus, the cut or a step cannot be, or a folder is in
            the way.
    """
    study = train(job, progress, steps=True)
    if not study.is_tested:
        return Compressed(study=study, bundle=publish.export_final(last_study(study), job))
    rows = export(study.folder, job.places)
    chain = measure(rows)
    compression.write(chain, study.folder / layout.CHAIN)
    write_text(study.folder / "compress.md", tables.markdown(chain))
    write_text(study.folder / "compress.svg", plots_of_costs.chain(chain).svg())
    if publish_to is not None:
        _publish(rows, chain, publish_to)
    return Compressed(study=study, chain=chain)


def _publish(rows: Sequence[Row], chain: Chain, root: Path) -> None:
    compression.write(chain, root / "chains" / f"{chain.recipe}.json")
    for row in with_own_name(rows):
        results.write(row.figures, measuring.published_path(root, row.figures))
        keep(row.study, row.figures, root)


def export(folder: Path, places: Places) -> list[Row]:
    """Export the first run of the plain runs and of each step, and compute the figures of all.

    Args:
        folder: of the study; those of its steps are in it.
        places: where the bundles go.

    Raises:
        CorpusError: if a run is not finished.
        ConfigError: if the model cannot be exported.
    """
    steps = read_study(folder).recipe.compress
    names = [layout.step_name(number, step.name) for number, step in enumerate(steps, start=1)]
    return [_row(PLAIN, folder, places), *(_row(name, folder / name, places) for name in names)]


def _row(name: str, folder: Path, places: Places) -> Row:
    study = read_study(folder)
    figures, bundle = publish.export(study, study.run_names[0], places)
    if bundle is None:
        raise ConfigError(
            f"{folder}: the model hears an encoder, so no bundle holds it and nothing here can be "
            "measured; take a model of the own family, and this one as its teacher"
        )
    assert isinstance(figures, Results)  # `read_study` refuses others
    answers = measuring.answers(study)
    return Row(name=name, study=study, figures=figures, bundle=bundle, answers=answers)


def with_own_name(rows: Sequence[Row]) -> list[Row]:
    """List the rows whose figures can stand alone: by model and scheme nobody tells others apart.

    Where steps of one kind are compared, as in an ablation, the table of the chain holds them all.
    """
    schemes = Counter(row.figures.scheme for row in rows[1:])
    return [row for row in rows[1:] if schemes[row.figures.scheme] == 1]


def measure(rows: Sequence[Row]) -> Chain:
    """Say what each step cost; durations are taken side by side.

    Args:
        rows: of one study, the plain runs first.

    Raises:
        CorpusError: if the rows were not tested on the same utterances.
    """
    taken = latency.measure({row.name: _call(row.bundle) for row in rows})
    teacher = _teacher_answers(rows[0].study)
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
    return partial(timed(onnx.open(bundle)).predict, noise)


def _step(row: Row, plain: Row, before: Row, taken: Latency, teacher: list[Predictions]) -> Step:
    run = runs.read_run(row.study.folder / row.study.run_names[0])
    costs = cost.of(run)
    return Step(
        name=row.name,
        scheme=row.figures.scheme,
        settings={} if row is plain else changed(row.study.steps[-1].config),
        uar=row.figures.uar,
        change=None if row is plain else _change(plain, row),
        of_step=None if row is plain else _change(before, row),
        teacher_agreement=compression.teacher_agreement(row.answers, teacher),
        n_params=row.figures.n_params,
        size_bytes=row.bundle.size_bytes,
        macs=row.figures.macs if row.figures.macs is not None else costs.macs,
        peak_activation_bytes=costs.peak_activation_bytes,
        latency=taken,
    )


def _change(before: Row, after: Row) -> Change:
    return compression.change(before.figures, after.figures, before.answers, after.answers)


def _teacher_answers(plain: Study) -> list[Predictions]:
    """Read what the teacher answered to its own test sets; nothing of a folder of soft labels."""
    for step in plain.recipe.compress:
        lessons = step.module.learns_from(step.config)
        if lessons.studies:
            return _answers_of(lessons, placed(plain.folder).parent)
    return []


def _answers_of(lessons: Lessons, studies: Path) -> list[Predictions]:
    """Read what studies answered to their own test sets, those of the seeds that teach."""
    try:
        folders = [teachers.find(study, studies) for study in lessons.studies]
    except CorpusError:
        return []
    finished = [run for folder in folders for run in layout.runs(folder) if runs.is_done(run)]
    answers = [predictions.read(run / layout.ANSWERS) for run in sorted(finished)]
    return [run for run in answers if lessons.seeds is None or run.seed in lessons.seeds]
