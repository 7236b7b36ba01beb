"""A run: one fold, one seed, one folder with weights, history, and its answers on the test set."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, TypeVar

import numpy as np
import torch
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from lightspeech.bundle import ClassNames
from lightspeech.config import as_dict, build, config
from lightspeech.corpora.base import Utterance
from lightspeech.environment import environment
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.files import read_json, write_json
from lightspeech.frontends.batches import Batches, Index
from lightspeech.training import (
    calibrate,
    initial,
    layout,
    loop,
    measure,
    soft_labels,
    unlabelled,
)
from lightspeech.training.answers import Answers, answer
from lightspeech.training.distillation import Live, Stored, Taught, Teacher
from lightspeech.training.inputs import Parts, open_parts, training_batches
from lightspeech.training.networks import answering, build_network, fresh_network, n_params
from lightspeech.training.objective import Labels, Objective, Sum
from lightspeech.training.ratings import Rated
from lightspeech.training.soft_labels import SoftLabels
from lightspeech.training.task import RunConfig, Task
from lightspeech.training.tensor_file import write_tensors

T = TypeVar("T")


@config
class Outcome:
    """What a run found: all of its ``run.json`` that is not `RunConfig`."""

    labels: ClassNames
    """Class names, or names of ratings, in the order of the logits."""
    fold: Annotated[int, Field(ge=0)]
    seed: int
    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """Logits are divided by it."""
    threshold: Annotated[float, Field(ge=0, le=1)]
    """Top probability below which an answer is uncertain."""
    n_params: Annotated[int, Field(ge=0)] = 0
    """Of its network."""
    environment: dict[str, str] = field(default_factory=dict)
    """That made it; empty of a run of an earlier version, which did not say."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """A finished run, read back.

    Attributes:
        config: model, front end and training.
        labels: class names, in the order of the logits.
        fold: number of the fold.
        seed: of its training.
        temperature: logits are divided by it.
        threshold: top probability below which an answer is uncertain.
        network: with its weights, in evaluation mode.
    """

    config: RunConfig
    labels: tuple[str, ...]
    fold: int
    seed: int
    temperature: float
    threshold: float
    network: nn.Module

    def answer(
        self, utterances: Sequence[Utterance], cache: Path, *, embeddings: bool = False
    ) -> Answers:
        """Ask the network about recordings, window by window.

        Args:
            utterances: with paths and hashes.
            cache: folder of cached features.
            embeddings: also give what its head reads.

        Returns:
            Logits, shape ``(windows, n_classes)``, not yet divided by the temperature, and
            embeddings, ``(windows, width)``, of all windows of all utterances in order.

        Raises:
            LightspeechError: see `contract.Frontend.open`.
        """
        inputs = self.config.front.open(utterances, cache)
        batches = inputs.measure(np.arange(len(utterances)))
        return answer(self.network, batches, embeddings=embeddings)


def read_run(folder: Path) -> Run:
    """Read a finished run; weights must fit the network exactly.

    Raises:
        CorpusError: if the folder holds no finished run.
        ConfigError: if its files are damaged or do not fit each other.
    """
    if not is_done(folder):
        raise CorpusError(f"{folder}: no finished run here; train it first")
    cfg, outcome = read_config(folder), read_outcome(folder)
    if cfg.ratings is None and len(outcome.labels) < 2:
        raise ConfigError(
            f"{folder / layout.RUN}: labels: expected two classes or more, found "
            f"{list(outcome.labels)}; train the run again"
        )
    network = build_network(cfg, len(outcome.labels))
    try:
        weights = load_file(folder / layout.WEIGHTS)
        _check_finite(weights)
        network.load_state_dict(weights, strict=True)
    except (OSError, RuntimeError, SafetensorError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"{folder}: damaged weights ({reason}); train the run again") from None
    return Run(
        config=cfg,
        labels=outcome.labels,
        fold=outcome.fold,
        seed=outcome.seed,
        temperature=outcome.temperature,
        threshold=outcome.threshold,
        network=network.eval(),
    )


def _check_finite(weights: dict[str, Tensor]) -> None:
    for name, tensor in weights.items():
        if not tensor.isfinite().all():
            raise ValueError(f"{name} holds NaN or infinities")


def read_config(folder: Path) -> RunConfig:
    """Read what made a finished run.

    Raises:
        ConfigError: if it lacks a key, or has a value that cannot be.
    """
    return _read(RunConfig, folder)


def read_outcome(folder: Path) -> Outcome:
    """Read what a finished run found.

    Raises:
        ConfigError: if it lacks a key, or has a value that cannot be.
    """
    return _read(Outcome, folder)


def _read(cls: type[T], folder: Path) -> T:
    """Read one half of ``run.json``: the keys of `RunConfig`, or all others."""
    path = folder / layout.RUN
    values = read_json(path, error=ConfigError, remedy="train the run again")
    of_config = {field.name for field in dataclasses.fields(RunConfig)}
    half = {key: item for key, item in values.items() if (key in of_config) == (cls is RunConfig)}
    return build(cls, half, source=str(path))


def is_done(folder: Path) -> bool:
    """Tell whether a run is complete: its answers are written last."""
    return (folder / layout.ANSWERS).exists()


def do(task: Task) -> None:
    """Train a run, or apply a step to the run before it, whose configuration it takes over.

    Raises:
        LightspeechError: if the run before is damaged, the step refuses it, or a folder cannot be
            written.
    """
    torch.set_num_threads(1)
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
        _settle(trained.cpu(), task, parts)
    return trained


def _settle(network: nn.Module, task: Task, parts: Parts) -> None:
    """Let a network compute what of it is not trained."""
    known, strangers = (parts.inputs.measure(rows) for rows in (parts.train, parts.selection))
    targets = np.repeat(task.targets[parts.train], parts.counts(parts.train))
    network.settle(known, torch.from_numpy(targets), list(strangers))  # type: ignore[operator]


def window_logits(network: nn.Module, parts: Parts, rows: Index) -> calibrate.Array:
    """Logits of all windows of some utterances, in order, shape ``(windows, n_classes)``.

    Args:
        network: of the task that the parts are of.
        parts: of a corpus.
        rows: of the utterances, shape ``(n,)``.
    """
    return answer(network, parts.inputs.measure(rows)).logits.numpy()


def objectives(task: Task, network: nn.Module) -> list[Objective]:
    """Make what a task learns beside its labels and its teacher.

    Args:
        task: the run.
        network: to be trained.

    Raises:
        ConfigError: if the corpus or the network lacks what one of them needs.
    """
    _seed(task, 5)
    chosen = task.config.training.objectives
    return [each.module.build(each.config, task=task, network=network) for each in chosen]


def _seed(task: Task, purpose: int) -> None:
    """Seed the weights of an objective, by what they are for."""
    seeds = np.random.default_rng([task.seed, task.fold, purpose])
    torch.manual_seed(int(seeds.integers(2**63)))


def objective(
    task: Task, training: Batches, network: nn.Module, extras: Sequence[Objective] = ()
) -> Sum:
    """Make what a task minimizes: the loss of its labels, and of its teacher, or of its ratings.

    Args:
        task: the run.
        training: the batches of its training part.
        network: to be trained.
        extras: of `objectives`, added to it.

    Raises:
        ConfigError: if the teacher tells other classes apart, is live and hears other features, or
            shows no embedding where one is learnt from.
        CorpusError: if the teacher was not asked about an utterance of the training part, or is
            live and not there.
        LeakError: if the teacher knows whom the student is measured on.
    """
    if task.config.ratings is not None:
        rated = Rated(task.config.ratings, task.utterances)
        return Sum(network, [rated, *extras], mixup=task.config.training.mixup)
    labels = Labels(training, len(task.labels), task.config.training)
    of_labels = labels if task.config.distill is None else _taught(task, labels, network)
    return Sum(network, [of_labels, *extras], mixup=task.config.training.mixup)


def _taught(task: Task, labels: Labels, network: nn.Module) -> Taught:
    """Let the teacher of a task have its say beside the labels."""
    cfg = task.config.distill
    assert cfg is not None
    soft = soft_labels.read(cfg.soft)
    soft_labels.check(soft, task.labels, task.utterances, task.split)
    if cfg.embeds:
        soft_labels.check_embeddings(soft, cfg.soft)
    teacher: Teacher = Stored(soft, task.utterances)
    if cfg.live:
        teacher = _live(soft, task.config, embeddings=cfg.embeds)
    _seed(task, 4)
    return Taught(labels, teacher, cfg, network)


def _live(soft: SoftLabels, student: RunConfig, *, embeddings: bool) -> Live:
    """Open the runs that gave some soft labels.

    Raises:
        ConfigError: if they hear other features than their student, or are not named.
        CorpusError: if one is not there.
    """
    of_teacher = [read_run(Path(folder)) for folder in soft.answered]
    if not of_teacher:
        raise ConfigError(
            f"the soft labels of {soft.heard.study} do not say which runs answered; name the "
            "teacher's study instead, or leave distill.live out"
        )
    for run in of_teacher:
        its, the_students = ((c.frontend, c.normalisation) for c in (run.config, student))
        if its != the_students:
            raise ConfigError(
                f"the teacher {soft.heard.study} hears other features than its student; give both "
                "one front end, or leave distill.live out"
            )
    return Live([run.network for run in of_teacher], embeddings=embeddings)


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
