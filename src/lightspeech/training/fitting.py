"""How a run is made: trained, or by a step from the run before; calibrated, tested and written."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from lightspeech import heap
from lightspeech.audio import nobody
from lightspeech.config import as_dict
from lightspeech.environment import environment
from lightspeech.files import write_json
from lightspeech.frontends.batches import Batches, Index
from lightspeech.frontends.contract import Frontend
from lightspeech.frontends.encoded import EncoderFrontend
from lightspeech.training import (
    calibrate,
    initial,
    layout,
    loop,
    measure,
    unlabelled,
)
from lightspeech.training.answers import answer
from lightspeech.training.criterion import objective, objectives
from lightspeech.training.inputs import Parts, open_parts, training_batches
from lightspeech.training.networks import answering, fresh_network, n_params
from lightspeech.training.run import read_run
from lightspeech.training.task import Task
from lightspeech.training.tensor_file import write_tensors

Lesson = tuple[Tensor, Tensor]
OF_EACH = 25
"""Sounds of each kind that nobody says."""
SETTLING = 4
"""Epochs of bent examples: about as many windows as recordings are measured in."""


def do(task: Task) -> None:
    """Train a run, or apply a step to the run before it, whose configuration it takes over.

    Raises:
        LightspeechError: if the run before is damaged, the step refuses it, or a folder cannot be
            written.
    """
    torch.set_num_threads(1)
    heap.keep()
    if task.step is None or task.before is None:
        train_run(task)
    else:
        before = read_run(task.before)
        task.step.module.apply(before, replace(task, config=before.config), task.step.config)


def train_run(task: Task) -> None:
    """Train one run, measure it on its test set, write its folder; resumes where it was cut off.

    Raises:
        OutputError: if the folder cannot be written.
    """
    task = unlabelled.add(task)
    parts = open_parts(task)
    finish(task, parts, fit(task, parts, first_network(task, parts)))


def first_network(task: Task, parts: Parts) -> nn.Module:
    """Build the network that a task begins with: fresh, or with the weights of a bundle.

    Args:
        task: says which bundle, or none.
        parts: its training part.

    Raises:
        BundleError: if the bundle holds no weights of this network.
        MissingExtra: if a bundle is to be read and the package of ONNX is not installed.
    """
    network = fresh_network(task)
    if task.config.init is not None:
        windows = parts.inputs.measure(parts.train)
        initial.load(network, task.config, task.labels, windows)
    return network


def fit(task: Task, parts: Parts, network: nn.Module) -> nn.Module:
    """Train a network as the task says, resuming where it was cut off.

    Args:
        task: the run.
        parts: what it trains and selects on.
        network: with its initial weights.

    Returns:
        The network to measure, see `loop.train`.

    Raises:
        LightspeechError: if the task's teacher is not for it, see `objective`.
        StudyError: if the training diverges, or its checkpoint is damaged.
    """
    cfg, selection = task.config, parts.selection
    extras = objectives(task, network)
    training = training_batches(task, parts, extras)

    def select(candidate: nn.Module) -> float:
        logits = window_logits(candidate, parts, selection)
        return measure.score(task, logits, parts.counts(selection), selection)

    trained = loop.train(
        network,
        training,
        cfg.training,
        task.folder,
        objective=objective(task, training, network, extras),
        select=select,
        seed=task.seed,
        figure=measure.figure(task),
    )
    if hasattr(trained, "settle"):
        _settle(trained.cpu(), task, parts, training)
    return trained


def _settle(network: nn.Module, task: Task, parts: Parts, training: Batches) -> None:
    """Let a network compute what of it is not trained."""
    selection = list(parts.inputs.measure(parts.selection))
    bent = bool(task.config.augment.bends)
    epochs = task.config.training.epochs

    def known() -> Iterator[Lesson]:
        return _as_trained(training, after=epochs) if bent else _as_measured(task, parts)

    network.settle(known(), selection)  # type: ignore[operator]
    if hasattr(network, "doubt"):
        speech = (features for features, _ in known())
        network.doubt(speech, _of_nobody(task.config.front))  # type: ignore[operator]


def _of_nobody(front: Frontend) -> Iterator[Tensor]:
    """Give the windows of sounds that nobody says, as the front end of an encoder hears them."""
    assert isinstance(front, EncoderFrontend)  # else nothing doubts
    rng = np.random.default_rng(0)
    for kind in nobody.KINDS:
        for _ in range(OF_EACH):
            yield front.hear(nobody.made(kind, rng))


def _as_trained(training: Batches, *, after: int) -> Iterator[Lesson]:
    """Give examples of further epochs, bent as those that a network learnt from, and classes."""
    for number in range(after, after + SETTLING):
        for batch in training.epoch(number):
            assert isinstance(batch.features, Tensor)  # no pair settles
            yield batch.features, batch.targets


def _as_measured(task: Task, parts: Parts) -> Iterator[Lesson]:
    """Give the windows that the training part is measured in, and their classes."""
    targets = torch.from_numpy(np.repeat(task.targets[parts.train], parts.counts(parts.train)))
    for features in parts.inputs.measure(parts.train):
        assert isinstance(features, Tensor)
        yield features, targets[: len(features)]
        targets = targets[len(features) :]


def window_logits(network: nn.Module, parts: Parts, rows: Index) -> calibrate.Array:
    """Logits of all windows of some utterances, in order, shape ``(windows, n_classes)``.

    Args:
        network: of the task that the parts are of.
        parts: of a corpus.
        rows: of the utterances, shape ``(n,)``.
    """
    return answer(network, parts.inputs.measure(rows)).logits.numpy()


def finish(
    task: Task, parts: Parts, network: nn.Module, *, exported: nn.Module | None = None
) -> None:
    """Calibrate on the selection set, answer the test set, and write what the run leaves.

    Args:
        task: the run.
        parts: what it is measured on.
        network: its weights are written.
        exported: what answers instead of the network, where a device runs other arithmetic.
    """
    selection, test = parts.selection, parts.test
    measured = exported or answering(task.config, network)
    logits, counts = window_logits(measured, parts, selection), parts.counts(selection)
    temperature, threshold = measure.calibrated(task, logits, counts, selection)
    # Cloned: an int8 network has scales that several places share, which the format refuses.
    tensors = {k: v.cpu().clone().contiguous() for k, v in network.state_dict().items()}
    write_tensors(task.folder / layout.WEIGHTS, tensors)
    write_json(
        task.folder / layout.RUN,
        {
            **as_dict(task.config),
            "labels": task.labels,
            "fold": task.fold,
            "seed": task.seed,
            "temperature": temperature,
            "threshold": threshold,
            "n_params": n_params(network),
            "environment": environment(),
        },
    )
    answered = np.zeros((0, len(task.labels)), np.float32)
    if len(test):  # a model to be shipped is tested on nobody
        answered = window_logits(measured, parts, test)
    measure.write_answers(task, answered, parts.counts(test), test, temperature)
    for left in (task.folder / layout.CHECKPOINT, *task.folder.glob(".*")):  # hidden: of a kill
        left.unlink(missing_ok=True)
