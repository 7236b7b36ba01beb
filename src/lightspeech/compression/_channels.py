"""Channels that stand or fall together, what each is worth, and the removal of the least.

Torch-Pruning finds the layers that a channel runs through (Fang et al. 2023, arXiv 2301.12900).
What it is worth is read from batch norms alone: every convolution of ours has one, and a channel
whose batch norms are all zero says nothing.
"""

import copy
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from lightspeech.errors import ConfigError, MissingExtra
from lightspeech.frontends.batches import Batch

Worth = dict[str, Tensor]
"""Of every channel of every batch norm, by the norm's name in the network."""
Group = Any
"""A group of Torch-Pruning, which has no types."""


def norms(network: nn.Module) -> dict[str, _BatchNorm]:
    """Batch norms with a scale, by name."""
    return {n: m for n, m in network.named_modules() if isinstance(m, _BatchNorm) and m.affine}


def taylor(network: nn.Module, objective: nn.Module, batches: Iterable[Batch]) -> Worth:
    """Estimate how the loss changes without a channel (Molchanov et al. 2019, eq. 8 with a gate).

    The first-order change of a batch, squared, summed over the batches. Batch statistics are those
    kept from training: what is measured is the network that answers.
    """
    network.eval()
    found = norms(network)
    total = {name: torch.zeros_like(norm.weight) for name, norm in found.items()}
    for batch in batches:
        network.zero_grad()
        objective(network, batch).backward()
        for name, norm in found.items():
            total[name] += _change(norm) ** 2
    network.zero_grad()
    return total


@torch.no_grad()
def _change(norm: _BatchNorm) -> Tensor:
    """First-order change of the loss when a channel's scale and shift go to zero."""
    pairs = [(p, p.grad) for p in (norm.weight, norm.bias) if p.grad is not None]
    return torch.stack([p * gradient for p, gradient in pairs]).sum(0)


def scales(network: nn.Module) -> Worth:
    """Take the size of the scales that a sparse training learnt (Liu et al. 2017, eq. 1)."""
    return {name: norm.weight.detach().abs() for name, norm in norms(network).items()}


def groups(network: nn.Module, features: Tensor) -> list[Group]:
    """Find the groups of channels, each with all the layers it runs through, in a fixed order.

    Raises:
        MissingExtra: if Torch-Pruning is not installed.
    """
    try:
        import torch_pruning
    except ModuleNotFoundError:
        raise MissingExtra("pruning", "compress") from None
    graph = torch_pruning.DependencyGraph().build_dependency(network, example_inputs=features)
    found = graph.get_all_groups(root_module_types=[nn.Conv2d])
    return [group for group in found if any(_is_norm(item) for item in group)]


def _is_norm(item: Any) -> bool:
    return isinstance(item.dep.target.module, _BatchNorm)


def sum_worth(network: nn.Module, group: Group, worth: Worth) -> Tensor:
    """Add up what each channel of a group is worth in its batch norms, shape ``(channels,)``."""
    names = {module: name for name, module in network.named_modules()}
    total = torch.zeros(len(group[0].idxs))
    for item in filter(_is_norm, group):
        of_norm = worth[names[item.dep.target.module]]
        total.index_add_(0, torch.tensor(item.root_idxs), of_norm[torch.tensor(item.idxs)])
    return total


def without(network: nn.Module, features: Tensor, doomed: Sequence[Sequence[int]]) -> nn.Module:
    """Copy a network without some channels of each group of `groups`."""
    made = copy.deepcopy(network)
    for group, channels in zip(groups(made, features), doomed, strict=True):
        if channels:
            group.prune(list(channels))
    return made


def shorter(network: nn.Module, worth: Worth, n: int) -> nn.Module:
    """Copy a network without the residual blocks that add what is worth least.

    Args:
        network: its ``blocks`` may be residual.
        worth: of the channels; a block adds those of its last batch norm.
        n: blocks to remove.

    Raises:
        ConfigError: if it has fewer residual blocks.
    """
    blocks = list(getattr(network, "blocks", ()))
    adds = {
        place: worth[[name for name in worth if name.startswith(f"blocks.{place}.")][-1]].sum()
        for place, block in enumerate(blocks)
        if getattr(block, "residual", False)
    }
    if n > len(adds):
        raise ConfigError(f"prune.blocks={n}, but the network has {len(adds)} residual blocks")
    gone = sorted(adds, key=lambda place: float(adds[place]))[:n]
    made = copy.deepcopy(network)
    if gone:
        kept = [copy.deepcopy(b) for place, b in enumerate(blocks) if place not in gone]
        made.blocks = nn.Sequential(*kept)
    return made
