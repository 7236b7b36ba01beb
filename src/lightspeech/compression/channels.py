"""Channels that stand or fall together, what each is worth, and the removal of the least.

Torch-Pruning finds the layers that a channel runs through (Fang et al. 2023, arXiv 2301.12900).
What it is worth is read from its batch norms, since a channel whose batch norms are all zero says
nothing; where it has none, from the layers that compute it.
"""

import copy
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from lightspeech.errors import ConfigError, MissingExtra
from lightspeech.frontends.batches import Batch
from lightspeech.frontends.inputs import Inputs
from lightspeech.models.contract import head_of

Worth = dict[str, Tensor]
"""Of every channel of every batch norm, convolution and matrix product, by the layer's name."""
PRODUCTS = (nn.Conv2d, nn.Linear)
Group = Any
"""A group of Torch-Pruning, which has no types."""


def norms(network: nn.Module) -> dict[str, _BatchNorm]:
    """Batch norms with a scale, by name."""
    return {n: m for n, m in network.named_modules() if isinstance(m, _BatchNorm) and m.affine}


def taylor(network: nn.Module, objective: nn.Module, batches: Iterable[Batch]) -> Worth:
    """Estimate how the loss changes without a channel (Molchanov et al. 2019, eq. 8 with a gate).

    The first-order change of a batch, squared, summed over the batches. Batch statistics are those
    kept from training: what is measured is the network that answers.

    Args:
        network: put into evaluation mode, and otherwise left as it was.
        objective: gives the loss of a network on a batch.
        batches: of the training part.

    Returns:
        One number a channel, 0 or above, each of shape ``(channels,)``.
    """
    network.eval()
    products = {n: m for n, m in network.named_modules() if isinstance(m, PRODUCTS)}
    layers: dict[str, _BatchNorm | nn.Conv2d | nn.Linear] = {**norms(network), **products}
    total = {name: torch.zeros(len(layer.weight)) for name, layer in layers.items()}
    for batch in batches:
        network.zero_grad()
        objective(network, batch).backward()
        for name, layer in layers.items():
            total[name] += _change(layer) ** 2
    network.zero_grad()
    return total


@torch.no_grad()
def _change(layer: nn.Module) -> Tensor:
    """First-order change of the loss when all that computes a channel goes to zero."""
    pairs = [(p, p.grad) for p in layer.parameters() if p.grad is not None]
    changes = [(p * gradient).reshape(len(p), -1).sum(1) for p, gradient in pairs]
    return torch.stack(changes).sum(0)


def scales(network: nn.Module) -> Worth:
    """Take the size of the scales that a sparse training learnt (Liu et al. 2017, eq. 1)."""
    return {name: norm.weight.detach().abs() for name, norm in norms(network).items()}


def pull_scales(network: nn.Module, sparsity: float) -> None:
    """Make a training sparse: add the gradient of a penalty on the size of batch norm scales.

    Args:
        network: whose backward passes are changed from now on.
        sparsity: weight of the penalty, 0 or above.
    """
    for norm in norms(network).values():
        pulled = partial(_pulled, norm.weight, sparsity)
        norm.weight.register_hook(pulled)  # type: ignore[no-untyped-call]


def _pulled(scale: Tensor, sparsity: float, gradient: Tensor) -> Tensor:
    return gradient + sparsity * scale.detach().sign()


def groups(network: nn.Module, example: Inputs) -> list[Group]:
    """Find the groups of channels, each with all the layers it runs through, in a fixed order.

    The classes are none: the last product gives them.

    Args:
        network: to be made narrower.
        example: a batch of one of its input, shapes ``(1, …)``.

    Raises:
        MissingExtra: if Torch-Pruning is not installed.
    """
    try:
        import torch_pruning
    except ModuleNotFoundError:
        raise MissingExtra("pruning", "compress") from None
    graph = torch_pruning.DependencyGraph().build_dependency(network, example_inputs=example)
    last = [part for part in head_of(network).modules() if isinstance(part, nn.Linear)][-1:]
    return list(graph.get_all_groups(ignored_layers=last, root_module_types=list(PRODUCTS)))


def _is_norm(item: Any) -> bool:
    return isinstance(item.dep.target.module, _BatchNorm)


def _computes(item: Any) -> bool:
    """Whether an item is the outputs of a product, not what reads them."""
    module = item.dep.target.module
    return isinstance(module, PRODUCTS) and "out" in item.dep.handler.__name__


def sum_worth(network: nn.Module, group: Group, worth: Worth) -> Tensor:
    """Add up what each channel of a group is worth, shape ``(channels,)``.

    Args:
        network: that the group is of.
        group: of `groups`.
        worth: of its channels, in batch norms; of a group without any, in what computes them.

    Raises:
        ConfigError: if nothing is said of the group.
    """
    names = {module: name for name, module in network.named_modules()}
    total = torch.zeros(len(group[0].idxs))
    telling = list(filter(_is_norm, group)) or [item for item in group if _computes(item)]
    if any(names[item.dep.target.module] not in worth for item in telling):
        raise ConfigError(
            "importance: learned needs a batch norm behind every layer; take importance: taylor"
        )
    for item in telling:
        of_norm = worth[names[item.dep.target.module]]
        total.index_add_(0, torch.tensor(item.root_idxs), of_norm[torch.tensor(item.idxs)])
    return total


def without(network: nn.Module, example: Inputs, doomed: Sequence[Sequence[int]]) -> nn.Module:
    """Copy a network without some channels.

    Args:
        network: it stays as it is.
        example: a batch of one of its input, shapes ``(1, …)``.
        doomed: numbers of channels, for each group of `groups`.
    """
    narrower = copy.deepcopy(network)
    for group, channels in zip(groups(narrower, example), doomed, strict=True):
        if channels:
            group.prune(list(channels))
    return narrower


def shorter(network: nn.Module, worth: Worth, n: int) -> tuple[nn.Module, tuple[int, ...]]:
    """Copy a network without the residual blocks that add what is worth least.

    Args:
        network: its ``blocks`` may be residual.
        worth: of the channels; a block adds those of its last batch norm.
        n: blocks to remove.

    Returns:
        The copy, and the numbers of the blocks that are left.

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
    kept = tuple(place for place in range(len(blocks)) if place not in gone)
    copied = copy.deepcopy(network)
    copied.blocks = nn.Sequential(*(copy.deepcopy(blocks[place]) for place in kept))
    return copied, kept
