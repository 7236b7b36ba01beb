"""How the answers of a run are scored, calibrated and written: of classes, or of ratings."""

import numpy as np

from lightspeech import metrics
from lightspeech.frontends.batches import Index
from lightspeech.training import calibrate, layout, loop, predictions, ratings, told
from lightspeech.training.calibrate import Array
from lightspeech.training.predictions import Predictions
from lightspeech.training.task import Task
from lightspeech.training.told import Told

CCC = "selection_ccc"
"""What the figure of the selection set is called in a history, where ratings are told."""


def figure(task: Task) -> str:
    """Name what `score` gives, as a history does.

    Args:
        task: the run.
    """
    return loop.UAR if task.config.ratings is None else CCC


def score(task: Task, logits: Array, counts: Index, rows: Index) -> float:
    """Give the UAR of some answers, or of ratings the mean concordance.

    Args:
        task: the run.
        logits: of all windows of the utterances, shape ``(windows, n_classes)``.
        counts: windows of each utterance, shape ``(n,)``.
        rows: which utterances they are, shape ``(n,)``.
    """
    if (rated := task.config.ratings) is not None:
        truth = rated.truth([task.utterances[row] for row in rows])
        return ratings.agreement(ratings.told_of_utterances(logits, counts, rated), truth)
    answers = calibrate.utterance_probabilities(logits, counts, 1.0, task.config.windows.over)
    return metrics.uar(task.targets[rows], answers.argmax(1), len(task.labels))


def calibrated(task: Task, logits: Array, counts: Index, rows: Index) -> tuple[float, float]:
    """Find the temperature, and the threshold for *uncertain*; ratings have neither: 1 and 0.

    Args:
        task: the run.
        logits: of all windows of the selection set, shape ``(windows, n_classes)``.
        counts: windows of each utterance, shape ``(n,)``.
        rows: which utterances they are, shape ``(n,)``.
    """
    if task.config.ratings is not None:
        return 1.0, 0.0
    truth, over = task.targets[rows], task.config.windows.over
    temperature = calibrate.fit_temperature(logits, counts, truth, over)
    chosen = calibrate.utterance_probabilities(logits, counts, temperature, over)
    return temperature, calibrate.fit_threshold(chosen, truth)


def write_answers(
    task: Task, logits: Array, counts: Index, rows: Index, temperature: float
) -> None:
    """Write what was answered to the test set, the last file of a run.

    Args:
        task: the run.
        logits: of all its windows, shape ``(windows, n_classes)``.
        counts: windows of each utterance, shape ``(n,)``; none: nobody is tested.
        rows: which utterances they are, shape ``(n,)``.
        temperature: of `calibrated`.

    Raises:
        OutputError: if it cannot be written.
    """
    tested = [task.utterances[row] for row in rows]
    path = task.folder / layout.ANSWERS
    ids, speakers = tuple(u.id for u in tested), tuple(u.speaker for u in tested)
    if (rated := task.config.ratings) is not None:
        none = np.zeros((0, len(rated.of)))
        told.write(
            Told(
                ratings=rated.of,
                ids=ids,
                speakers=speakers,
                truth=rated.truth(tested) if tested else none,
                values=ratings.told_of_utterances(logits, counts, rated) if tested else none,
                fold=task.fold,
                seed=task.seed,
            ),
            path,
        )
        return
    answers = np.zeros((0, len(task.labels)), np.float32)
    if tested:
        over = task.config.windows.over
        answers = calibrate.utterance_probabilities(logits, counts, temperature, over)
    predictions.write(
        Predictions(
            labels=task.labels,
            ids=ids,
            speakers=speakers,
            truth=task.targets[rows],
            probabilities=answers,
            fold=task.fold,
            seed=task.seed,
        ),
        path,
    )
