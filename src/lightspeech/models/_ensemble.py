"""Networks of the own family side by side, as one: an ensemble that exports and quantizes whole.

Each is trained by a loss of its own, since those trained through their mean come to rely on each
other (Lee et al. 2015); what answers is the mean of their logits. A mean of linear heads is
one linear head over all they read, so no operation is added to those of the family.
"""

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor, nn

from lightspeech.models.contract import Standardized
from lightspeech.models.separable import SeparableConfig, Trunk


class Ensemble(Standardized, nn.Module):
    """Trunks that share what they hear and nothing else."""

    def __init__(self, cfg: SeparableConfig, members: int, n_features: int, n_classes: int) -> None:
        """Build the members, all alike but for their first weights."""
        super().__init__()
        self.norm = nn.BatchNorm1d(n_features, affine=False)
        self.trunks = nn.ModuleList(Trunk(cfg, n_features) for _ in range(members))
        self.head = Heads(members, 2 * cfg.channels[-1], n_classes, cfg.dropout)

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits; in training those of every member, ``(batch, members, n_classes)``."""
        trunks = cast(Iterable[Trunk], self.trunks)
        statistics = [trunk.statistics(standardized) for trunk in trunks]
        logits: Tensor = self.head(torch.cat(statistics, dim=1))
        return logits


class Heads(nn.Module):
    """A linear head a member, or their mean."""

    narrows = False
    """In training it cuts what it reads into members of one width."""

    def __init__(self, members: int, width: int, n_classes: int, dropout: float) -> None:
        """Keep all heads in one matrix, which gives their mean."""
        super().__init__()
        self.members = members
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(members * width, n_classes)
        with torch.no_grad():  # so that a member's head begins as one that stands alone
            self.linear.weight /= members**0.5

    def forward(self, statistics: Tensor) -> Tensor:
        """Logits; in training those of every member."""
        if not self.training:
            mean: Tensor = self.linear(statistics)
            return mean
        by_member = self.dropout(statistics).reshape(len(statistics), self.members, -1)
        weights = self.linear.weight.reshape(len(self.linear.weight), self.members, -1)
        return torch.einsum("bmw,cmw->bmc", by_member, self.members * weights) + self.linear.bias
