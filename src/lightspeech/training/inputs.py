"""What a task's model hears: features of its corpus, as batches to train on and to measure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lightspeech.audio.frontend import FrontEnd
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.frontends import balance, batches, hidden_states, mel_features, pretrained
from lightspeech.frontends.batches import Batches, Order, TrainingBatches
from lightspeech.frontends.encoder import Encoder
from lightspeech.frontends.hidden_states import Encoded, EncodedBatches
from lightspeech.frontends.known_speaker import Known, KnownBatches, know
from lightspeech.frontends.mel_features import Features, Index
from lightspeech.training import calibrate
from lightspeech.training.fused import Fused
from lightspeech.training.task import Task

Found = Features | Encoded | Known | Fused
"""What a network may hear of a corpus."""


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
    if cfg.beside is not None:
        return _fused(task, step)
    found: Features | Encoded
    if cfg.encoder is not None:
        found = hear(task, step=step)
    else:
        found = mel_features.load(heard, cfg.frontend, cfg.windows, task.cache, step=step)
    return found if cfg.normalisation == "training" else know(found, heard, cfg.frontend)


def _fused(task: Task, step: Callable[[], None]) -> Fused:
    """Load what both networks of a task hear; `fuse` knows that both front ends go together."""
    cfg = task.config
    assert cfg.beside is not None
    alone = (replace(cfg, beside=None), cfg.beside)
    first, second = (load_features(replace(task, config=each), step=step) for each in alone)
    assert isinstance(first, Encoded)
    assert isinstance(second, Features)
    return Fused(first, second, cfg.beside.frontend)


def hear(task: Task, *, step: Callable[[], None] = lambda: None) -> Encoded:
    """Find what the encoder of a task hears, see `load_features`."""
    return hidden_states.load(*_asked(task), **_versions(task), step=step)


def is_heard(task: Task) -> bool:
    """Tell whether nothing is left to compute: a front end has no parts to do side by side."""
    return task.config.encoder is None or hidden_states.is_complete(
        *_asked(task), **_versions(task)
    )


def _asked(task: Task) -> tuple[tuple[Utterance, ...], Encoder, Path]:
    assert task.config.encoder is not None
    return task.utterances, task.config.encoder, task.cache


def _versions(task: Task) -> dict[str, Any]:
    cfg = task.config
    # What a bundle can hold is measured as a device hears it.
    own = cfg.encoder is not None and pretrained.own(cfg.encoder) is not None
    return {"windows": cfg.windows if own else None, "speeds": cfg.augment.speeds}


def training_batches(task: Task, parts: Parts) -> Batches:
    """Make the batches that a task trains on.

    Raises:
        ConfigError: if its networks stand side by side: they were trained alone.
    """
    if isinstance(parts.found, Fused):
        raise ConfigError(
            "two networks side by side train and teach nobody; name the study of one of them"
        )
    if isinstance(parts.found, Known):
        heard = replace(parts, found=parts.found.heard)
        return KnownBatches(training_batches(task, heard), parts.found)
    cfg, found, order = task.config, parts.found, _order(task, parts.train)
    targets = torch.from_numpy(task.targets)
    if isinstance(found, Encoded):
        return EncodedBatches(found, order, targets, cfg.augment)
    return TrainingBatches(found, order, targets, cfg.frontend, cfg.augment)


def _order(task: Task, rows: Index) -> Order:
    """Draw all with a label every epoch, and of those without one the share that is asked for."""
    cfg, lesson = task.config.training, task.config.distill
    unlabelled = task.targets[rows] < 0 if lesson is not None else np.zeros(len(rows), bool)
    own = rows[~unlabelled]
    return Order(
        own,
        batch_size=cfg.batch_size,
        seed=task.seed,
        shares=balance.shares(
            [task.utterances[row].corpus for row in own], task.targets[own], cfg.balance
        ),
        extra=rows[unlabelled],
        extra_share=lesson.unlabelled_share if lesson is not None else 0.0,
    )


def counts(found: Found, rows: Index) -> Index:
    """Windows of each utterance, shape ``(len(rows),)``."""
    return np.diff(found.window_offsets)[rows]


def measuring_batches(found: Found, rows: Index, front: FrontEnd) -> Iterator[Tensor]:
    """Give the windows of some utterances, in order, as a network is given them."""
    if isinstance(found, Known):
        return found.measured(measuring_batches(found.heard, rows, front), rows)
    if isinstance(found, Fused):
        return found.measured(
            hidden_states.measuring_batches(found.first, rows),
            batches.measuring_batches(found.second, rows, found.front),
        )
    if isinstance(found, Encoded):
        return hidden_states.measuring_batches(found, rows)
    return batches.measuring_batches(found, rows, front)


@torch.no_grad()
def window_logits(
    network: nn.Module, found: Found, rows: Index, front: FrontEnd
) -> calibrate.Array:
    """Logits of all windows of some utterances, in order, shape ``(windows, n_classes)``."""
    network.eval()
    device = next((weights.device for weights in network.parameters()), torch.device("cpu"))
    parts = [network(batch.to(device)) for batch in measuring_batches(found, rows, front)]
    return torch.cat(parts).float().numpy(force=True)
