"""Structured pruning: channels and blocks are removed for good, in rounds with recovery between.

Each round is a run of its own, so a killed step goes on where it was, and the rounds are a curve of
quality against cost.
"""

from bisect import bisect_left
from dataclasses import replace
from itertools import islice
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from lightspeech import bounds
from lightspeech.compression import channels
from lightspeech.compression._before import nothing as prepare  # noqa: F401
from lightspeech.compression.channels import Worth
from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.frontends.inputs import Inputs
from lightspeech.models import building
from lightspeech.models.contract import can_narrow
from lightspeech.training import cost, criterion, fitting, inputs, networks, run, unlabelled
from lightspeech.training.inputs import Parts
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig, Task
from lightspeech.training.teachers import Lessons

SCHEME = "pruned"
"""What figures are called after this step."""
BYTES_PER_VALUE = None
"""Of an activation after it: as before."""
FINAL = False
"""Other steps may follow."""


@config
class Config:
    """How much is removed, and how."""

    ratio: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Share of the multiply-accumulates that goes."""
    blocks: bounds.Place = 0
    """Residual blocks that go in the first round, before channels."""
    rounds: bounds.Few = 3
    importance: Literal["taylor", "learned"] = "taylor"
    """``taylor``: by the loss on training batches; ``learned``: by scales that a sparse training
    makes small, one round more."""
    epochs: bounds.Count = 40
    """Of recovery after each round; six were too few by far."""
    learning_rate: bounds.Rate = 4e-3
    """Peak in recovery."""
    batches: bounds.Count = 16
    """Training batches that ``taylor`` looks at."""
    sparsity: bounds.Weight = 1e-3
    """Pull on the scales towards zero where importance is ``learned``."""
    multiple: bounds.Width = 4
    """Widths are multiples of it, and no layer gets narrower: kernels do so many at once."""


def check(cfg: RunConfig) -> None:
    """Refuse a run that has no narrower form, before anything is trained.

    Args:
        cfg: what makes the run before.

    Raises:
        ConfigError: if it is int8, stands on an encoder, or is recurrent.
    """
    if cfg.architecture.int8_parts:
        raise ConfigError("an int8 run cannot be pruned; put prune before quantize")
    if cfg.front.network_alone(any_length=True) is None:
        raise ConfigError(
            f"{cfg.model.name} is given {cfg.frontend.name} and cannot be pruned; take a model on "
            "a mel front end"
        )
    if not can_narrow(building.unpruned(cfg.architecture, cfg.front)):
        raise ConfigError(
            f"{cfg.model.name} cannot be pruned: it is recurrent, or an ensemble; prune a single "
            "convolutional network, such as micro"
        )


def learns_from(cfg: Config) -> Lessons:
    """Nothing."""
    return Lessons()


def apply(before: Run, task: Task, cfg: Config) -> None:
    """Prune a run in rounds, and write what is left of it as a run.

    Args:
        before: the run to prune.
        task: of the new run.
        cfg: how much and how.

    Raises:
        ConfigError: if the model cannot get narrower or shorter, or not by so much.
        MissingExtra: if Torch-Pruning is not installed.
    """
    check(before.config)
    task = unlabelled.add(task)
    parts = inputs.open_parts(task)
    full = cost.macs(before.network, before.config.front.example())
    first = 0 if cfg.importance == "learned" else 1  # round 0 removes nothing: scales are learnt
    for number in range(first, cfg.rounds + 1):
        folder = task.folder if number == cfg.rounds else task.folder / f"round{number}"
        if not run.is_done(folder):
            limit = round(full * (1 - cfg.ratio * number / cfg.rounds))
            blocks = cfg.blocks if number == 1 else 0
            pruned = _prune(before, task, parts, cfg, limit=limit, blocks=blocks)
            _recover(pruned, replace(task, folder=folder), parts, cfg)
        before = run.read_run(folder)


def _prune(before: Run, task: Task, parts: Parts, cfg: Config, *, limit: int, blocks: int) -> Run:
    """Remove blocks, then channels down to a limit of multiplications; nothing is trained."""
    task, network, left = replace(task, config=before.config), before.network, before.config.blocks
    example = before.config.front.example()
    if blocks:
        network, kept = channels.shorter(network, _worth(network, task, parts, cfg), blocks)
        left = kept if left is None else tuple(left[n] for n in kept)
    worth = _worth(network, task, parts, cfg)
    network = narrow(network, example, worth, limit, cfg.multiple)
    config = replace(before.config, blocks=left, shapes={})
    built = networks.build_network(config, len(before.labels))
    config = replace(config, shapes=building.shapes_of(network, built))
    pruned = networks.build_network(config, len(before.labels))
    pruned.load_state_dict(network.state_dict(), strict=True)
    return replace(before, config=config, network=pruned)


def _worth(network: nn.Module, task: Task, parts: Parts, cfg: Config) -> Worth:
    """Say what each channel is worth, in the way asked for."""
    if cfg.importance == "learned":
        return channels.scales(network)
    training = inputs.training_batches(task, parts)
    some = islice(training.epoch(0), cfg.batches)
    return channels.taylor(network, criterion.objective(task, training, network), some)


def narrow(
    network: nn.Module, example: Inputs, worth: Worth, limit: int, multiple: int
) -> nn.Module:
    """Remove the channels that are worth least for what they cost, as few as the limit allows.

    Args:
        network: in evaluation mode; it stays as it is.
        example: a batch of one of its input, shapes ``(1, …)``.
        worth: of each channel of each batch norm.
        limit: multiply-accumulates of one example that may be left.
        multiple: widths stay multiples of it, unless they were none before.

    Raises:
        ConfigError: if the narrowest network is above the limit.
    """
    full = cost.macs(network, example)
    if full <= limit:
        return network
    ranks = _value_for_money(network, example, worth, full)

    def below(threshold: float) -> tuple[nn.Module, int]:
        doomed = [_doomed(of_group, threshold, multiple) for of_group in ranks]
        narrower = channels.without(network, example, doomed)
        return narrower, cost.macs(narrower, example)

    thresholds = torch.cat(ranks).sort().values.tolist()
    _, least = below(thresholds[-1])
    if least > limit:
        raise ConfigError(
            f"{least:,} of {full:,} multiply-accumulates are left at {multiple} channels a layer, "
            f"{limit:,} are asked for; lower prune.ratio, or prune.multiple"
        )
    place = bisect_left(thresholds, True, key=lambda threshold: below(threshold)[1] <= limit)
    return below(thresholds[place])[0]


def _value_for_money(network: nn.Module, example: Inputs, worth: Worth, full: int) -> list[Tensor]:
    """Worth of each channel of each group, divided by the multiply-accumulates it costs."""
    groups = channels.groups(network, example)
    ranks = []
    for number, group in enumerate(groups):
        one = [[0] if number == other else [] for other in range(len(groups))]
        left = cost.macs(channels.without(network, example, one), example)
        ranks.append(channels.sum_worth(network, group, worth) / (full - left))
    return ranks


def _doomed(rank: Tensor, threshold: float, multiple: int) -> list[int]:
    """Channels at or below a threshold, less those that a whole multiple needs."""
    above = int((rank > threshold).sum())
    kept = min(max(-(-above // multiple), 1) * multiple, len(rank))
    order: list[int] = rank.argsort(stable=True)[: len(rank) - kept].tolist()
    return sorted(order)


def _recover(pruned: Run, task: Task, parts: Parts, cfg: Config) -> None:
    """Train what is left for some epochs, and write it as a run that says how it was trained."""
    training = replace(
        pruned.config.training, epochs=cfg.epochs, learning_rate=cfg.learning_rate, patience=None
    )
    if cfg.importance == "learned":
        channels.pull_scales(pruned.network, cfg.sparsity)
    recovering = replace(task, config=replace(pruned.config, training=training))
    network = fitting.fit(recovering, parts, pruned.network)
    fitting.finish(replace(task, config=pruned.config), parts, network)
