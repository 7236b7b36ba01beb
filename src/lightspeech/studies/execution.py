"""Do the tasks of a study: features first, then its runs, several at once; resumable."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lightspeech.progress import Progress, step_of
from lightspeech.studies import engine
from lightspeech.training import fitting, inputs, layout, run, unlabelled
from lightspeech.training.task import Task


def execute(tasks: Sequence[Task], *, processes: int | None = None, progress: Progress) -> None:
    """Do the tasks that are not done yet, several at once; what is done stays done.

    Args:
        tasks: of one study or of one step, from `studies.tasks`; at least one.
        processes: at once; None: one a core.
        progress: told of features computed and of epochs done; in a step, of runs done.

    Raises:
        LightspeechError: the first one that a run raised; the others are ended.
    """
    first = tasks[0]
    if first.step is None and (corpora := first.config.training.unlabelled):
        to = layout.study_of(first.folder.parent) / layout.UNLABELLED
        unlabelled.prepare(corpora, to, progress=progress)
        first = unlabelled.add(first)
    compute_features(first, processes=processes, progress=progress)
    if first.step is not None:
        first.step.module.prepare(tasks, first.step.config, progress)
    unfinished = [task for task in tasks if not run.is_done(task.folder)]
    engine.map(fitting.do, unfinished, processes=processes, tick=lambda _: _report(tasks, progress))


def compute_features(task: Task, *, processes: int | None = None, progress: Progress) -> None:
    """Compute what is not cached yet of what the model of a task is given.

    What takes long, an encoder, does so in several processes: it fills the cache that all read.

    Args:
        task: any of a study; all are given the same.
        processes: at once; None: one a core.
        progress: told of utterances done.

    Raises:
        AudioError: if a recording cannot be decoded.
        ConfigError: if speakers are to be known and one is not.
        OutputError: if the cache cannot be written.
    """
    n, at_once = len(task.utterances), engine.workers(processes)
    if at_once > 1 and task.config.front.missing(task.utterances, task.cache):
        parts = [replace(task, utterances=part) for part in engine.parts(task.utterances, at_once)]
        size = len(parts[0].utterances)
        engine.map(
            _fill_cache,
            parts,
            processes=at_once,
            tick=lambda n_parts: progress("features", min(n_parts * size, n), n),
        )
    inputs.load(task, step=step_of("features", n, progress))


def _fill_cache(part: Task) -> None:
    """Leave the result in the cache: it is far too large to be sent."""
    part.config.front.open(part.utterances, part.cache)


def _report(tasks: Sequence[Task], progress: Progress) -> None:
    """Count the epochs of all runs from their histories; a step's epochs are its own affair."""
    if (step := tasks[0].step) is not None:
        progress(step.name, sum(run.is_done(task.folder) for task in tasks), len(tasks))
        return
    epochs = tasks[0].config.training.epochs
    n_done = sum(epochs if run.is_done(t.folder) else _epochs_done(t.folder) for t in tasks)
    progress("training", n_done, epochs * len(tasks))


def _epochs_done(folder: Path) -> int:
    history = folder / layout.HISTORY
    return history.read_bytes().count(b"\n") if history.is_file() else 0
