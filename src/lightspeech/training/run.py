"""A run: one fold, one seed, one folder with weights, history, and its answers on the test set."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lightspeech import metrics, predictions
from lightspeech.audio.encoder import Encoder
from lightspeech.audio.frontend import FrontEnd
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, as_dict, build, config, plugin
from lightspeech.corpora._base import Utterance
from lightspeech.data import balance, batches, encoded, encoder, features
from lightspeech.data.augment import Augment
from lightspeech.data.batches import Batches, TrainingBatches
from lightspeech.data.encoded import Encoded, EncodedBatches
from lightspeech.data.features import Features, Index
from lightspeech.data.known import Known, KnownBatches, know
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.files import replacing, write_json
from lightspeech.predictions import Predictions
from lightspeech.protocols._base import Split
from lightspeech.training import calibrate, checkpoint, loop, soft_labels
from lightspeech.training.distillation import Distillation, Stored, Taught
from lightspeech.training.int8 import Int8, Int8Network, fold
from lightspeech.training.loop import Training
from lightspeech.training.objective import Labels

Found = Features | Encoded | Known
"""What a network may hear of a corpus."""


@config
class RunConfig:
    """What makes a run, but for its data, fold and seed."""

    model: Annotated[Choice, plugin("lightspeech.models")]
    frontend: FrontEnd
    windows: Windows
    augment: Augment = Augment()
    training: Training = Training()
    encoder: Encoder | None = None
    """Heard instead of the front end by a model that states one."""
    normalisation: Literal["training", "speaker"] = "training"
    """``speaker``: standardized by each speaker's own unlabelled speech, a setting of its own."""
    distill: Distillation | None = None
    """The teacher that later steps go on learning from, once a step has brought one."""
    quantize: Int8 | None = None
    """How it became int8, once a step has made it so."""

    def __post_init__(self) -> None:
        """Refuse a window that the front end has to lengthen: no exported model does that."""
        window, _ = self.windows.samples(self.frontend.sample_rate)
        if window < self.frontend.n_fft:
            raise ConfigError(
                f"windows.window_s={self.windows.window_s:g} is {window} samples, fewer than "
                f"frontend.n_fft={self.frontend.n_fft}; lengthen the window or shorten n_fft"
            )

    @property
    def n_features(self) -> int:
        """Numbers a frame that the model is given."""
        heard = self.frontend if self.encoder is None else self.encoder
        return heard.n_features


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """One run to be done.

    Attributes:
        config: model, front end and training.
        folder: of the run.
        cache: folder of cached features.
        utterances: the whole corpus, already in the vocabulary.
        labels: class names, in the order of the logits.
        targets: class of each utterance.
        split: the fold's ids.
        fold: its number.
        seed: of initial weights, order and augmentation.
        step: plug-in of ``lightspeech.compression`` to apply; None: train from fresh weights.
        before: folder of the finished run that a step begins with.
    """

    config: RunConfig
    folder: Path
    cache: Path
    utterances: tuple[Utterance, ...]
    labels: tuple[str, ...]
    targets: Index
    split: Split
    fold: int
    seed: int
    step: Choice | None = None
    before: Path | None = None


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


def read_run(folder: Path) -> Run:
    """Read a finished run; weights must fit the network exactly.

    Raises:
        CorpusError: if the folder holds no finished run.
        ConfigError: if its files are damaged or do not fit each other.
    """
    if not is_done(folder):
        raise CorpusError(f"{folder}: no finished run here; train it first")
    values = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    cfg = read_config(folder)
    network = build_network(cfg, len(values["labels"]))
    try:
        network.load_state_dict(load_file(folder / "weights.safetensors"), strict=True)
    except (OSError, RuntimeError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"{folder}: damaged weights ({reason}); train the run again") from None
    return Run(
        config=cfg,
        labels=tuple(values["labels"]),
        fold=values["fold"],
        seed=values["seed"],
        temperature=values["temperature"],
        threshold=values["threshold"],
        network=network.eval(),
    )


def read_config(folder: Path) -> RunConfig:
    """Read what made a finished run.

    Raises:
        ConfigError: if it lacks a key, or has a value that cannot be.
    """
    values = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    known = {field.name for field in dataclasses.fields(RunConfig)}
    parts = {name: value for name, value in values.items() if name in known}
    return build(RunConfig, parts, source=str(folder / "run.json"))


def is_done(folder: Path) -> bool:
    """Tell whether a run is complete: its answers are written last."""
    return (folder / "test.csv").exists()


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """The features of a corpus, and which rows of it a fold trains, selects and tests on."""

    found: Found
    train: Index
    selection: Index
    test: Index


def open_parts(task: Task) -> Parts:
    """Load a task's features, computing them first where they are not cached."""
    place = {utterance.id: row for row, utterance in enumerate(task.utterances)}
    train, selection, test = (
        np.array([place[name] for name in part], np.int64)
        for part in (task.split.train, task.split.selection, task.split.test)
    )
    return Parts(found=load_features(task), train=train, selection=selection, test=test)


def load_features(task: Task, *, step: Callable[[], None] = lambda: None) -> Found:
    """Find what a task's model hears in the cache, computing first what is not there.

    Args:
        task: any of a study; all hear the same.
        step: called after each utterance computed.

    Raises:
        AudioError: if a recording cannot be decoded.
        ConfigError: if speakers are to be known and one is not.
        OutputError: if the cache cannot be written.
    """
    cfg, heard = task.config, task.utterances
    found: Features | Encoded
    if cfg.encoder is not None:
        # What a bundle can hold is measured as a device hears it.
        windows = cfg.windows if encoder.own(cfg.encoder) else None
        found = encoded.load(heard, cfg.encoder, task.cache, windows=windows, step=step)
    else:
        found = features.load(heard, cfg.frontend, cfg.windows, task.cache, step=step)
    return found if cfg.normalisation == "training" else know(found, heard, cfg.frontend)


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
    parts = open_parts(task)
    finish(task, parts, fit(task, parts, fresh_network(task)))


def fresh_network(task: Task) -> nn.Module:
    """Build the network of a task; its weights are drawn from seed and fold."""
    torch.manual_seed(int(np.random.default_rng([task.seed, task.fold, 3]).integers(2**63)))
    return build_network(task.config, len(task.labels))


def fit(task: Task, parts: Parts, network: nn.Module) -> nn.Module:
    """Train a network as the task says, resuming where it was cut off.

    Raises:
        LightspeechError: if the task's teacher is not for it, see `objective`.
    """
    cfg, selection = task.config, parts.selection
    training = training_batches(task, parts)

    def select(candidate: nn.Module) -> float:
        logits = window_logits(candidate, parts.found, selection, cfg.frontend)
        answers = calibrate.utterance_probabilities(logits, counts(parts.found, selection), 1.0)
        return metrics.uar(task.targets[selection], answers.argmax(1), len(task.labels))

    return loop.train(
        network,
        training,
        cfg.training,
        task.folder,
        objective=objective(task, training, network),
        select=select,
        seed=task.seed,
    )


def training_batches(task: Task, parts: Parts) -> Batches:
    """Make the batches that a task trains on."""
    if isinstance(parts.found, Known):
        heard = replace(parts, found=parts.found.heard)
        return KnownBatches(training_batches(task, heard), parts.found)
    cfg, targets = task.config, torch.from_numpy(task.targets)
    size, seed, found, rows = cfg.training.batch_size, task.seed, parts.found, parts.train
    corpora = [task.utterances[row].corpus for row in rows]
    shares = balance.shares(corpora, task.targets[rows], cfg.training.balance)
    if isinstance(found, Encoded):
        return EncodedBatches(
            found, rows, targets, cfg.augment, batch_size=size, seed=seed, shares=shares
        )
    return TrainingBatches(
        found, rows, targets, cfg.frontend, cfg.augment, batch_size=size, seed=seed, shares=shares
    )


def objective(task: Task, training: Batches, network: nn.Module) -> nn.Module:
    """Make what a task minimizes: the loss of its labels, and of its teacher where it has one.

    Raises:
        ConfigError: if the teacher tells other classes apart.
        CorpusError: if the teacher was not asked about an utterance of the training part.
        LeakError: if the teacher knows whom the student is measured on.
    """
    labels = Labels(training, len(task.labels), task.config.training)
    cfg = task.config.distill
    if cfg is None:
        return labels
    soft = soft_labels.read(cfg.soft)
    soft_labels.check(soft, task.labels, task.utterances, task.split)
    torch.manual_seed(int(np.random.default_rng([task.seed, task.fold, 4]).integers(2**63)))
    return Taught(labels, Stored(soft, task.utterances), cfg, network)


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
    found, selection, test = parts.found, parts.selection, parts.test
    front, answering = task.config.frontend, exported or network
    logits = window_logits(answering, found, selection, front)
    temperature = calibrate.fit_temperature(
        logits, counts(found, selection), task.targets[selection]
    )
    chosen = calibrate.utterance_probabilities(logits, counts(found, selection), temperature)
    threshold = calibrate.fit_threshold(chosen, task.targets[selection])
    with replacing(task.folder / "weights.safetensors") as temporary:
        # Cloned: an int8 network has scales that several places share, which the format refuses.
        save_file({k: v.clone().contiguous() for k, v in network.state_dict().items()}, temporary)
    write_json(
        task.folder / "run.json",
        {
            **as_dict(task.config),
            "labels": task.labels,
            "fold": task.fold,
            "seed": task.seed,
            "temperature": temperature,
            "threshold": threshold,
            "n_params": n_params(network),
        },
    )
    answers = calibrate.utterance_probabilities(
        window_logits(answering, found, test, front), counts(found, test), temperature
    )
    predictions.write(
        Predictions(
            labels=task.labels,
            ids=tuple(task.utterances[row].id for row in test),
            speakers=tuple(task.utterances[row].speaker for row in test),
            truth=task.targets[test],
            probabilities=answers,
            fold=task.fold,
            seed=task.seed,
        ),
        task.folder / "test.csv",
    )
    for left in (task.folder / checkpoint.NAME, *task.folder.glob(".*")):  # hidden: of a kill
        left.unlink(missing_ok=True)


def build_network(cfg: RunConfig, n_classes: int) -> nn.Module:
    """Build the network of a run with fresh weights, ready for those of its file."""
    network = build_float(cfg, n_classes)
    return network if cfg.quantize is None else to_int8(network, cfg, cfg.quantize)


def build_float(cfg: RunConfig, n_classes: int) -> nn.Module:
    """Build the network of a run with fresh weights, in floats also where the run is int8."""
    module = cfg.model.module
    layers = {} if cfg.encoder is None else {"n_layers": cfg.encoder.n_layers}
    network: nn.Module = module.build(
        cfg.model.config, n_features=cfg.n_features, n_classes=n_classes, **layers
    )
    return network


def to_int8(network: nn.Module, cfg: RunConfig, how: Int8) -> Int8Network:
    """Fold a network's batch norms and prepare it for int8; ranges are not known yet.

    Raises:
        ConfigError: if this kind of network has no int8 form.
    """
    samples, _ = cfg.windows.samples(cfg.frontend.sample_rate)
    frames = cfg.frontend.n_frames(samples)
    return Int8Network(fold(network), frames, cfg.n_features, how)


def n_params(network: nn.Module) -> int:
    """Count what is learnt: trained weights and batch-norm statistics, as the field does."""
    trained = sum(p.numel() for p in network.parameters() if p.requires_grad)
    statistics = [b for n, b in network.named_buffers() if n.endswith(("_mean", "_var"))]
    return trained + sum(b.numel() for b in statistics)


def counts(found: Found, rows: Index) -> Index:
    """Windows of each utterance, shape ``(len(rows),)``."""
    return np.diff(found.window_offsets)[rows]


def measuring_batches(found: Found, rows: Index, front: FrontEnd) -> Iterator[Tensor]:
    """Give the windows of some utterances, in order, as a network is given them."""
    if isinstance(found, Known):
        return found.measured(measuring_batches(found.heard, rows, front), rows)
    if isinstance(found, Encoded):
        return encoded.measuring_batches(found, rows)
    return batches.measuring_batches(found, rows, front)


@torch.no_grad()
def window_logits(
    network: nn.Module, found: Found, rows: Index, front: FrontEnd
) -> calibrate.Array:
    """Logits of all windows of some utterances, in order, shape ``(windows, n_classes)``."""
    network.eval()
    parts = [network(batch) for batch in measuring_batches(found, rows, front)]
    return torch.cat(parts).float().numpy()
