"""Focal loss (Lin et al. 2017, eq. 5): cross-entropy scaled down where the answer is sure."""

from torch import Tensor

from lightspeech import bounds
from lightspeech.config import config


@config
class Config:
    """How much sure answers count."""

    gamma: bounds.Spread = 2.0
    """0 gives cross-entropy."""


def score(logits: Tensor, targets: Tensor, weights: Tensor, cfg: Config) -> Tensor:
    """Give the mean over the batch, a scalar.

    Args:
        logits: shape ``(batch, n_classes)`` or ``(batch, members, n_classes)``.
        targets: distributions, same shape.
        weights: of each class, shape ``(n_classes,)``.
        cfg: how much sure answers count.
    """
    log_p = logits.log_softmax(-1)
    return -(targets * weights * (1 - log_p.exp()) ** cfg.gamma * log_p).sum(-1).mean()
