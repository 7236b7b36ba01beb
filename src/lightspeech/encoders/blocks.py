"""Heads and feed-forward units of Whisper blocks, removed by how little their loss is felt.

No label is used: what a head or a unit adds to the residual stream on some speech, beyond its mean,
is what is lost with it; the mean moves into the bias of the layer that reads it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lightspeech.frontends.whisper_block import Block
from lightspeech.frontends.whisper_blocks import WhisperBlocks


@dataclass(eq=False)
class Seen:
    """Sums over all that a layer has read.

    Attributes:
        n: vectors.
        total: their sum, shape ``(width,)``.
        products: sum of their outer products, shape ``(width, width)``.
    """

    n: int
    total: Tensor
    products: Tensor


@torch.no_grad()
def lessen(network: WhisperBlocks, waveforms: Iterable[Tensor], *, heads: int, units: int) -> None:
    """Remove heads and feed-forward units of every block, in place.

    Args:
        network: the blocks.
        waveforms: speech to judge by, each of shape ``(1, samples)``; no test speaker's.
        heads: heads left in a block.
        units: feed-forward units left in a block.
    """
    blocks = [block for block in network.blocks if isinstance(block, Block)]
    seen = _listen(network, [layer for b in blocks for layer in (b.out, b.narrow)], waveforms)
    for block in blocks:
        size = block.out.in_features // block.n_heads
        kept = keep(block.out, seen[block.out], n=heads, size=size)
        for layer in (block.query, block.key, block.value):
            _keep_rows(layer, kept)
        block.n_heads = heads
        _keep_rows(block.widen, keep(block.narrow, seen[block.narrow], n=units, size=1))


def _listen(
    network: nn.Module, layers: list[nn.Linear], waveforms: Iterable[Tensor]
) -> dict[nn.Linear, Seen]:
    """Sum up what layers read while the network hears some speech."""
    seen: dict[nn.Linear, Seen] = {}

    def note(layer: nn.Linear, read: tuple[Tensor]) -> None:
        x = read[0].flatten(0, 1).double()
        sums = seen.setdefault(layer, Seen(0, x[0] * 0, torch.zeros(len(x[0]), len(x[0])).double()))
        sums.n += len(x)
        sums.total += x.sum(0)
        sums.products += x.T @ x

    handles = [layer.register_forward_pre_hook(note) for layer in layers]
    for waveform in waveforms:
        network(waveform)
    for handle in handles:
        handle.remove()
    return seen


def keep(layer: nn.Linear, seen: Seen, *, n: int, size: int) -> Tensor:
    """Keep the groups of inputs that move a layer's output most.

    Args:
        layer: loses columns of its weight; the mean of what they added goes to its bias.
        seen: what it has read.
        n: groups to keep.
        size: number of inputs of a group.

    Returns:
        Places of the inputs that are kept, in order, shape ``(n * size,)``.
    """
    mean = seen.total / seen.n
    covariance = seen.products / seen.n - torch.outer(mean, mean)
    weight = layer.weight.double()
    spread = (weight.T @ weight * covariance).reshape(len(mean) // size, size, -1, size)
    worth = spread.diagonal(dim1=0, dim2=2).sum((0, 1))  # what each group's own block adds
    groups = worth.argsort(descending=True, stable=True)[:n].sort().values
    kept: Tensor = (groups[:, None] * size + torch.arange(size)).flatten()
    gone = torch.ones(len(mean), dtype=torch.bool).index_fill(0, kept, False)
    layer.bias.data += (weight[:, gone] @ mean[gone]).float()
    layer.weight = nn.Parameter(layer.weight[:, kept].clone())
    layer.in_features = len(kept)
    return kept


def _keep_rows(layer: nn.Linear, kept: Tensor) -> None:
    """Keep some outputs of a layer."""
    layer.weight = nn.Parameter(layer.weight[kept].clone())
    if layer.bias is not None:
        layer.bias = nn.Parameter(layer.bias[kept].clone())
    layer.out_features = len(kept)
