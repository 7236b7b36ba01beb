"""The yardstick: eGeMAPS and a support vector machine, cut and measured as a recipe says.

What needs no network, no GPU and no tuning has to be beaten before a model is worth its bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech import metrics
from lightspeech.config import as_dict
from lightspeech.errors import MissingExtra
from lightspeech.evaluation import conditions, results
from lightspeech.evaluation.conditions import Conditions
from lightspeech.evaluation.results import Results
from lightspeech.files import write_json
from lightspeech.frontends import functionals
from lightspeech.protocols.base import Protocol
from lightspeech.studies.engine import Progress
from lightspeech.studies.recipe import Recipe
from lightspeech.training import calibrate, predictions
from lightspeech.training.predictions import Predictions
from lightspeech.training.task import Task
from lightspeech.workflows import publish

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
    """Standardization by the training part, and the machine behind it."""

    mean: Array
    deviation: Array
    svm: Any
    n_classes: int

    @property
    def n_params(self) -> int:
        """Numbers it must keep: support vectors and their weights, standardization, biases."""
        kept = (self.mean, self.deviation, self.svm.support_vectors_, self.svm.dual_coef_)
        return sum(part.size for part in kept) + len(self.svm.intercept_)

    def scores(self, features: Array) -> Array:
        """Score classes, one against the rest, shape ``(n, n_classes)``; the highest is right."""
        raw = self.svm.decision_function((features - self.mean) / self.deviation)
        raw = np.stack([-raw, raw], axis=1) if raw.ndim == 1 else raw
        made = np.full((len(features), self.n_classes), UNTRAINED, np.float32)
        made[:, self.svm.classes_] = raw
        return made


def fit(features: Array, targets: Index, kernel: str, cost: float, n_classes: int) -> Machine:
    """Train one machine, classes balanced.

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
    answered = Predictions(
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
    return machine, answered


def measure(
    recipe: Recipe, protocol: Protocol, tasks: Sequence[Task], folder: Path, progress: Progress
) -> Results:
    """Answer every fold, and leave a study that ``evaluate`` and ``report`` read.

    Args:
        recipe: whose corpus and protocol it is; its model is left alone.
        protocol: the cut.
        tasks: one of each fold, from `training.study.tasks`.
        folder: of the study.
        progress: told of features computed and folds done.

    Raises:
        MissingExtra: if openSMILE or scikit-learn is not installed.
    """
    utterances = tasks[0].utterances
    heard = 0

    def step() -> None:
        nonlocal heard
        heard += 1
        progress("features", heard, len(utterances))

    features = functionals.load(utterances, tasks[0].cache, step=step)
    machines = []
    for task in tasks:
        machine, answered = answer(task, features)
        predictions.write(answered, task.folder / "test.csv")
        machines.append(machine)
        progress("folds", len(machines), len(tasks))
    said = _describe(recipe, protocol, tasks[0].labels, machines[0].n_params)
    write_json(folder / conditions.FILE, as_dict(said))
    made = results.measure(*conditions.read(folder))
    results.write(made, folder / "results.json")
    return made


def _describe(
    recipe: Recipe, protocol: Protocol, labels: tuple[str, ...], n_params: int
) -> Conditions:
    return Conditions(
        corpus=publish.corpus_name(recipe, protocol),
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
