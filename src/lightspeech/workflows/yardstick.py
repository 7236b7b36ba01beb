"""The yardstick: eGeMAPS and a support vector machine, cut and measured as a recipe says.

What needs no network, no GPU and no tuning has to be beaten before a model is worth its bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech import metrics
from lightspeech.config import as_dict
from lightspeech.errors import ConfigError, MissingExtra
from lightspeech.evaluation import conditions, results
from lightspeech.evaluation.conditions import Conditions
from lightspeech.evaluation.results import Results
from lightspeech.files import write_json
from lightspeech.frontends import functionals
from lightspeech.progress import Progress
from lightspeech.protocols.base import Protocol
from lightspeech.studies import engine
from lightspeech.studies import tasks as listing
from lightspeech.studies.recipe import Recipe
from lightspeech.training import calibrate, layout, predictions
from lightspeech.training.predictions import Predictions
from lightspeech.training.task import Task
from lightspeech.workflows import measuring
from lightspeech.workflows.train import Job, open_study

Array = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]

NAME = "egemaps_svm"
GRID = (
    ("linear", 1e-3), ("linear", 1e-2), ("linear", 1e-1), ("rbf", 1.0), ("rbf", 10.0),
)  # fmt: skip
"""Kernels and costs to choose from, on the selection set."""
UNTRAINED = -50.0
"""Score of a class that the training part has not: its probability is 0 in single precision."""


@dataclass(frozen=True, eq=False)
class Machine:
    """Standardization by the training part, and the machine behind it.

    Attributes:
        mean: of each feature, shape ``(88,)``.
        deviation: of each feature, shape ``(88,)``.
        svm: trained on what `mean` and `deviation` leave.
        n_classes: of the corpus.
    """

    mean: Array
    deviation: Array
    svm: Any
    n_classes: int

    @property
    def n_params(self) -> int:
        """Numbers it must keep: support vectors and their weights, standardization, biases."""
        parts = (self.mean, self.deviation, self.svm.support_vectors_, self.svm.dual_coef_)
        return sum(part.size for part in parts) + len(self.svm.intercept_)

    def scores(self, features: Array) -> Array:
        """Score classes, one against the rest; the highest is right.

        Args:
            features: shape ``(n, 88)``.

        Returns:
            Scores, shape ``(n, n_classes)``.
        """
        raw = self.svm.decision_function((features - self.mean) / self.deviation)
        raw = np.stack([-raw, raw], axis=1) if raw.ndim == 1 else raw
        scores = np.full((len(features), self.n_classes), UNTRAINED, np.float32)
        scores[:, self.svm.classes_] = raw
        return scores


def fit(features: Array, targets: Index, kernel: str, cost: float, n_classes: int) -> Machine:
    """Train one machine, classes balanced.

    Args:
        features: shape ``(n, 88)``.
        targets: class of each row, shape ``(n,)``.
        kernel: ``linear`` or ``rbf``.
        cost: of a training utterance on the wrong side, above 0.
        n_classes: of the corpus; the training part may lack some.

    Raises:
        MissingExtra: if scikit-learn is not installed.
    """
    try:
        from sklearn.svm import SVC
    except ModuleNotFoundError:
        raise MissingExtra("the yardstick", "yardstick") from None
    mean, deviation = features.mean(0), np.maximum(features.std(0), 1e-6)
    svm = SVC(kernel=kernel, C=cost, class_weight="balanced")
    svm.fit((features - mean) / deviation, targets)
    return Machine(mean, deviation, svm, n_classes)


def answer(task: Task, features: Array) -> tuple[Machine, Predictions]:
    """Fit on the training part, choose and calibrate on the selection set, answer the test set.

    Args:
        task: the fold.
        features: of every utterance of the task, shape ``(n, 88)``.
    """
    place = {utterance.id: row for row, utterance in enumerate(task.utterances)}
    parts = (task.split.train, task.split.selection, task.split.test)
    train, chosen, test = (np.array([place[name] for name in part], np.int64) for part in parts)
    n, truth = len(task.labels), task.targets[chosen]
    machines = [fit(features[train], task.targets[train], *pair, n) for pair in GRID]
    machine = max(
        machines, key=lambda m: metrics.uar(truth, m.scores(features[chosen]).argmax(1), n)
    )
    whole = np.ones(len(chosen), np.int64)  # an utterance is one window
    temperature = calibrate.fit_temperature(machine.scores(features[chosen]), whole, truth)
    answers = Predictions(
        labels=task.labels,
        ids=task.split.test,
        speakers=tuple(task.utterances[row].speaker for row in test),
        truth=task.targets[test],
        probabilities=calibrate.utterance_probabilities(
            machine.scores(features[test]), np.ones(len(test), np.int64), temperature
        ),
        fold=task.fold,
        seed=task.seed,
    )
    return machine, answers


def yardstick(job: Job, progress: Progress, *, publish_to: Path | None = None) -> Results:
    """Answer every fold, and leave a study that ``evaluate`` and ``report`` read.

    Args:
        job: whose corpus and protocol it is; its model is left alone.
        progress: told of recordings, features computed and folds done.
        publish_to: folder of published results that the figures are written into as well.

    Raises:
        LightspeechError: if the recipe, the corpus or the cut cannot be.
        MissingExtra: if openSMILE or scikit-learn is not installed.
    """
    recipe = job.read()
    if recipe.ratings is not None:
        raise ConfigError("the yardstick is of classes; leave ratings out of its recipe")
    own_recipe = replace(recipe, name=f"{recipe.name}-{NAME}")
    folder, material = open_study(own_recipe, replace(job, resume=True), progress)
    protocol = recipe.protocol.module.cut(material.utterances, recipe.protocol.config)
    tasks = listing.of_study(
        recipe.run_config(), material.utterances, protocol,
        vocabulary=recipe.labels, seeds=(0,), folder=folder, cache=job.places.cache,
    )  # fmt: skip
    n_params = _answer_all(tasks, progress, job.processes)
    about = _describe(recipe, protocol, tasks[0].labels, n_params)
    write_json(folder / conditions.FILE, as_dict(about))
    figures = results.measure(*conditions.read(folder))
    results.write(figures, folder / layout.RESULTS)
    if publish_to is not None:
        results.write(figures, measuring.published_path(publish_to, figures))
    return figures


def _answer_all(tasks: Sequence[Task], progress: Progress, processes: int | None) -> int:
    """Answer the test set of every fold, and give the number of parameters of the first machine."""
    parts, n = engine.parts(tasks[0].utterances, processes), len(tasks[0].utterances)
    engine.map(
        partial(functionals.load, cache=tasks[0].cache),
        parts,
        processes=processes,
        tick=lambda done: progress("features", min(done * len(parts[0]), n), n),
    )
    n_params = engine.map(
        _answer_fold,
        tasks,
        processes=processes,
        tick=lambda done: progress("folds", done, len(tasks)),
    )
    return n_params[0]


def _answer_fold(task: Task) -> int:
    """Leave the answers in the folder of a fold, and give the number of parameters."""
    machine, answers = answer(task, functionals.load(task.utterances, task.cache))
    predictions.write(answers, task.folder / layout.ANSWERS)
    return machine.n_params


def _describe(
    recipe: Recipe, protocol: Protocol, labels: tuple[str, ...], n_params: int
) -> Conditions:
    return Conditions(
        corpus=measuring.corpus_name(recipe, protocol),
        protocol=protocol.name,
        unit=protocol.unit,
        selection=protocol.selection,
        normalisation="statistics of the training speakers",
        leaky=protocol.leaky,
        model=NAME,
        scheme="fp32",
        n_params=n_params,
        size_bytes=4 * n_params,
        recipe=recipe.name,
        labels=labels,
    )
