"""The training loop, over Lightning Fabric; resumed after a kill it gives the same weights.

Bit for bit on a processor, nearly so on a GPU: all randomness comes from (seed, epoch) and the
learning rate from the step, so the weights, their average and the optimizer's moments are all there
is to save.
"""

import copy
import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
from lightning_fabric import Fabric
from pydantic import Field
from torch import Tensor, nn

from lightspeech import bounds
from lightspeech.config import Choice, config, plugin
from lightspeech.errors import ConfigError, StudyError
from lightspeech.frontends.balance import Balance
from lightspeech.frontends.batches import Batch, Batches
from lightspeech.training import checkpoint, weights
from lightspeech.training.label_losses import cross_entropy
from lightspeech.training.schedule import Schedule, rate
from lightspeech.training.weights import Optimizer

UAR = "selection_uar"
"""What the figure of the selection set is called in a history, where classes are told apart."""


@config
class Training:
    """How a network is trained. The default is a fixed schedule and an average of weights."""

    epochs: bounds.Count = 100
    batch_size: Annotated[int, Field(ge=2, le=65_536)] = 64
    """Utterances of a step, 2 or more."""
    accumulate: bounds.Few = 1
    """Parts that a batch goes through the network in, one after the other: less memory. A batch of
    128 in 16 parts holds 8 examples at once; batch norms and mixup are those of a part."""
    learning_rate: bounds.Rate = 4e-3
    """Peak of the schedule."""
    pretrained_rate: bounds.Rate = 0.1
    """Share of it for the blocks of an encoder, where some are trained."""
    optimizer: Optimizer = "adamw"
    weight_decay: bounds.Weight = 0.05
    """Under ``adam`` it is the gradient of an L2 penalty of half that weight on the squares."""
    schedule: Schedule = "one_cycle"
    clip_norm: Annotated[float, Field(gt=0, le=1e6)] = 5.0
    loss: Annotated[Choice, plugin("lightspeech.training.label_losses")] = Choice(
        "lightspeech.training.label_losses", "cross_entropy", cross_entropy.Config()
    )
    """Of the labels: ``cross_entropy``, ``focal``."""
    objectives: Annotated[
        tuple[Annotated[Choice, plugin("lightspeech.training.objectives")], ...],
        Field(max_length=16),
    ] = ()
    """What else is learnt, or in which order: ``adversarial``, ``multi_task``, …"""
    unlabelled: Annotated[
        tuple[Annotated[Choice, plugin("lightspeech.corpora")], ...], Field(max_length=16)
    ] = ()
    """Corpora that objectives learn from too, without labels, if they have any."""
    unlabelled_share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Of these among the examples of an epoch, as far as there is so much."""
    class_weights: bool = True
    balance: Balance = "none"
    """What is drawn alike often: corpora, or each class of each; none: each utterance once."""
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1
    mixup: bounds.Spread = 0.3
    """Alpha of the shares; 0 switches it off."""
    average: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """Decay a step of the exponential average of weights, which is what is kept; 0: the last."""
    patience: bounds.Count | None = None
    """Stop after so many epochs without a better selection UAR, and keep the best; null: never."""
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    device: Literal["auto", "cpu"] = "auto"
    """``auto``: a GPU where there is one."""

    def __post_init__(self) -> None:
        """Refuse to balance classes twice, and speech that nothing learns from."""
        if self.balance == "corpus_class" and self.class_weights:
            raise ConfigError(
                "balance corpus_class draws classes alike often, so weights would favour the rare "
                "ones; set class_weights to false"
            )
        if self.unlabelled and not self.objectives:
            raise ConfigError(
                "training.unlabelled is speech that only objectives learn from; add one that needs "
                "no labels, objectives: [semi_supervised]"
            )


def train(
    network: nn.Module,
    batches: Batches,
    cfg: Training,
    folder: Path,
    *,
    objective: nn.Module,
    select: Callable[[nn.Module], float],
    seed: int,
    figure: str = UAR,
) -> nn.Module:
    """Train a network, going on from the checkpoint in ``folder`` where there is one.

    Args:
        network: with its initial weights.
        batches: the training part.
        cfg: how to train.
        folder: where ``checkpoint.safetensors`` and ``history.jsonl`` go.
        objective: scores a network on a batch, told how much of the training is done, see
            `objective.Sum`; its own parameters are trained too.
        select: gives the figure of a network on the selection set, such as the UAR.
        seed: of dropout; the batches carry their own.
        figure: what it is called in the history.

    Returns:
        The network to measure: the average, or the best of the selection set under patience; where
        it was trained.
    """
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # no line for each run
    device = device_of(cfg)
    fabric = Fabric(accelerator=device.type, devices=1, precision=cfg.precision)
    network, objective = network.to(device), objective.to(device)
    optimizer = weights.optimizer(
        cfg.optimizer, network, objective, learning_rate=cfg.learning_rate, decay=cfg.weight_decay
    )
    state = checkpoint.State(network, copy.deepcopy(network), optimizer, objective)
    checkpoint.restore(state, folder)
    keep = checkpoint.Keeper(folder)
    average = weights.Average(state.average, state.network, cfg.average)
    model, fabric_optimizer = fabric.setup(network, optimizer)
    while not _over(state, cfg, figure):
        epoch, began = len(state.history), time.perf_counter()
        torch.manual_seed(int(np.random.default_rng([seed, epoch, 2]).integers(2**63)))
        total = 0.0
        model.train()
        for number, batch in enumerate(batches.epoch(epoch)):
            progress = (epoch + number / len(batches)) / cfg.epochs
            now = cfg.learning_rate * rate(cfg.schedule, progress, epoch)
            for group, share in zip(optimizer.param_groups, (1, cfg.pretrained_rate), strict=False):
                group["lr"] = now * share
            score = partial(objective, model, progress=progress)
            loss = _backward(fabric, score, batch.to(device), cfg.accumulate, epoch)
            norm = fabric.clip_gradients(
                model, fabric_optimizer, max_norm=cfg.clip_norm, error_if_nonfinite=False
            )
            _check(loss, norm, epoch)
            fabric_optimizer.step()
            fabric_optimizer.zero_grad()
            done = epoch * len(batches) + number
            average.move(done)
            total += loss.item()
        found = select(state.average)
        if cfg.patience is not None and found > max(_figures(state, figure), default=-2.0):
            state.best = copy.deepcopy(state.average.state_dict())
        state.history.append(
            {
                "epoch": epoch,
                "loss": total / len(batches),
                "learning_rate": optimizer.param_groups[0]["lr"],
                figure: found,
                "seconds": time.perf_counter() - began,
            }
        )
        keep(state, last=_over(state, cfg, figure))
    if state.best:
        state.average.load_state_dict(state.best)
    return state.average.eval()


def _backward(
    fabric: Fabric, score: Callable[[Batch], Tensor], batch: Batch, n_parts: int, epoch: int
) -> Tensor:
    """Add up the gradients of a batch, part by part, and give its mean loss."""
    total = torch.zeros((), device=batch.targets.device)
    try:
        for part in batch.split(n_parts):
            loss = score(part) * (len(part.targets) / len(batch.targets))
            fabric.backward(loss)
            total += loss.detach()
    except RuntimeError as error:  # torch.OutOfMemoryError on a GPU, no class of its own elsewhere
        if not isinstance(error, torch.OutOfMemoryError) and "memory" not in str(error):
            raise
        raise StudyError(
            f"out of memory in epoch {epoch}, with batches of {len(batch.targets)} in {n_parts} "
            "part(s); raise training.accumulate, set model.checkpointing=true where the model has "
            "it, or shorten windows.window_s; the checkpoint of the last epoch is kept, and "
            "--resume goes on from it once memory is free"
        ) from None
    return total


def device_of(cfg: Training) -> torch.device:
    """Say where a training, and what is asked of its network, is computed."""
    on_gpu = cfg.device == "auto" and torch.cuda.is_available()
    return torch.device("cuda" if on_gpu else "cpu")


def _check(loss: Tensor, norm: Tensor | None, epoch: int) -> None:
    """Refuse a step that would spoil the weights; the last checkpoint is of an epoch before."""
    if norm is None or not torch.isfinite(loss + norm):
        raise StudyError(
            f"training diverged in epoch {epoch}: loss {loss.item():g}, gradient {norm:g}; "
            "lower training.learning_rate and start anew with --fresh"
        )


def _figures(state: checkpoint.State, figure: str) -> list[float]:
    return [line[figure] for line in state.history]


def _over(state: checkpoint.State, cfg: Training, figure: str) -> bool:
    """Tell whether all epochs are done, or the last ``patience`` of them brought nothing."""
    found, patience = _figures(state, figure), cfg.patience
    if len(found) >= cfg.epochs:
        return True
    return (
        patience is not None
        and len(found) > patience
        and max(found[-patience:]) <= max(found[:-patience])
    )
