"""Bring embeddings of one class together, apart from all others (Khosla et al. 2020, eq. 2).

On a projection that is left behind. Of mixed examples the class is that of the larger share, which
is always the own one; those without a label take no part.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech import bounds
from lightspeech.config import config
from lightspeech.training.answers import embedding_width
from lightspeech.training.objective import Objective, Pass
from lightspeech.training.task import Task

NEVER = -1e9
"""In place of −∞, whose gradient is no number where an example is alone."""


@config
class Config:
    """How sharply, and how much it counts."""

    weight: bounds.Weight = 0.2
    temperature: bounds.Temperature = 0.1
    """That similarities are divided by."""
    width: bounds.Width = 64
    """Of the projection."""


def contrast(projected: Tensor, targets: Tensor, temperature: float) -> Tensor:
    """Score how much nearer an example is to those of its class than to all.

    Args:
        projected: of length 1, shape ``(batch, width)``.
        targets: class of each, shape ``(batch,)``.
        temperature: above 0.

    Returns:
        A scalar: the mean over examples that have another of their class beside them; 0 if none.

    Example:
        >>> apart = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]])
        >>> round(float(contrast(apart, torch.tensor([0, 0, 1, 1]), 1.0)), 4)
        0.2395
    """
    own = torch.eye(len(targets), dtype=torch.bool, device=targets.device)
    similarity = (projected @ projected.T / temperature).masked_fill(own, NEVER)
    alike = (targets[:, None] == targets) & ~own
    log_p = similarity.log_softmax(1).masked_fill(~alike, 0.0)
    counts = alike.sum(1)
    paired = counts > 0
    return -(log_p.sum(1) / counts.clamp(min=1)).sum() / paired.sum().clamp(min=1)


class SupervisedContrastive(Objective):
    """Contrasts the projections of a batch."""

    embeds = True

    def __init__(self, cfg: Config, width: int) -> None:
        """Draw fresh weights of the projection.

        Args:
            cfg: of the objective.
            width: of the embeddings.
        """
        super().__init__()
        self.cfg = cfg
        self.projection = nn.Sequential(
            nn.Linear(width, width), nn.ReLU(), nn.Linear(width, cfg.width)
        )

    def score(self, output: Pass) -> Tensor:
        """Contrast those that have a label.

        Args:
            output: what the network made of a batch.

        Returns:
            A scalar.
        """
        known = output.batch.targets >= 0
        projected = F.normalize(self.projection(output.embedding[known]), dim=1)
        targets = output.batch.targets[known]
        return self.cfg.weight * contrast(projected, targets, self.cfg.temperature)


def build(cfg: Config, *, task: Task, network: nn.Module) -> SupervisedContrastive:
    """Make the objective of a run.

    Args:
        cfg: of the objective.
        task: the run.
        network: that is trained.

    Raises:
        ConfigError: if the network shows no embedding.
    """
    return SupervisedContrastive(cfg, embedding_width(network))
