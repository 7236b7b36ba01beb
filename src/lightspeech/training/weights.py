"""What changes weights: the optimizer, and the average that follows them."""

from typing import Literal

import torch
from torch import nn, optim

Optimizer = Literal["adamw", "adam"]
"""Names of optimizers; ``adam`` decays by the gradient of a penalty, not the weights themselves."""


def optimizer(
    name: Optimizer,
    network: nn.Module,
    objective: nn.Module,
    *,
    learning_rate: float,
    decay: float,
) -> optim.Optimizer:
    """Make the optimizer of a network and of what its objective learns.

    Args:
        name: of `Optimizer`.
        network: what it has under ``pretrained`` is the second group; all else is in the first.
        objective: its own parameters are in the first group.
        learning_rate: of both groups until a schedule sets another, above 0, per step.
        decay: of the weights, 0 or above.
    """
    slow = list(getattr(network, "pretrained", nn.Module()).parameters())
    known = set(map(id, slow))
    fresh = [p for p in network.parameters() if id(p) not in known]
    groups = [{"params": [*fresh, *objective.parameters()]}, {"params": slow}][: 2 if slow else 1]
    kind = optim.Adam if name == "adam" else optim.AdamW
    return kind(groups, learning_rate, weight_decay=decay, fused=True)


class Average:
    """What moves averaged weights, and batch statistics, step by step towards the current ones."""

    def __init__(self, average: nn.Module, network: nn.Module, decay: float) -> None:
        """Find what belongs together, once: a copied graph has another order.

        Args:
            average: a copy of the network, changed in place.
            network: with the current weights.
            decay: of the exponential average, 0 to 1.
        """
        now = network.state_dict()
        pairs = [(averaged, now[name]) for name, averaged in average.state_dict().items()]
        self.floats = [pair for pair in pairs if pair[0].is_floating_point()]
        self.counts = [pair for pair in pairs if not pair[0].is_floating_point()]
        self.decay = decay

    @torch.no_grad()
    def move(self, step: int) -> None:
        """Move a step.

        Args:
            step: steps done before this one, 0 or above. The decay rises with them, so that a short
                training forgets its random start.
        """
        decay = min(self.decay, (1 + step) / (10 + step)) if self.decay else 0.0
        for averaged, current in self.floats:
            averaged.lerp_(current, 1 - decay)
        for averaged, current in self.counts:
            averaged.copy_(current)
