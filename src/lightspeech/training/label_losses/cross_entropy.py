"""Cross-entropy to soft targets, classes weighted."""

from torch import Tensor

from lightspeech.config import config


@config
class Config:
    """Nothing to choose."""


def score(logits: Tensor, targets: Tensor, weights: Tensor, cfg: Config) -> Tensor:
    """Give the mean over the batch, a scalar.

    Args:
        logits: shape ``(batch, n_classes)`` or ``(batch, members, n_classes)``.
        targets: distributions, same shape.
        weights: of each class, shape ``(n_classes,)``; 1 leaves a class as it is.
        cfg: nothing.
    """
    return -(targets * weights * logits.log_softmax(-1)).sum(-1).mean()
