"""Losses: functions of logits and soft targets."""

import torch
from torch import Tensor
from torch.nn import functional as F


def soft_targets(
    targets: Tensor, n_classes: int, *, smoothing: float, mix: Tensor | None = None
) -> Tensor:
    """Turn class indices into distributions, smoothed, and mixed with the batch's mirror image.

    Args:
        targets: class indices, shape ``(batch,)``.
        n_classes: number of classes.
        smoothing: share of the mass spread over all classes, 0 to 1.
        mix: share of the own target, shape ``(batch,)``; see `mixup`.

    Returns:
        Shape ``(batch, n_classes)``, rows sum to 1.
    """
    hard = F.one_hot(targets, n_classes).float()
    soft = hard * (1 - smoothing) + smoothing / n_classes
    return soft if mix is None else mixup(soft, mix)


def mixup(x: Tensor, mix: Tensor) -> Tensor:
    """Mix a batch with itself reversed (Zhang et al. 2018, eq. 1); batches come shuffled."""
    share = mix.reshape(-1, *[1] * (x.dim() - 1))
    return share * x + (1 - share) * x.flip(0)


def mixing_shares(u: Tensor, alpha: float) -> Tensor:
    """Shares of the own example, at least one half, roughly Beta(alpha, alpha) for small alpha.

    The exact inverse is not in torch; ``u ** (1 / alpha) / 2`` has its density near 0.
    """
    return 1 - u ** (1 / alpha) / 2


def cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy to soft targets, classes weighted, mean over the batch.

    Args:
        logits: shape ``(batch, n_classes)``.
        targets: distributions, same shape.
        weights: of each class, shape ``(n_classes,)``; 1 leaves a class as it is.
    """
    return -(targets * weights * logits.log_softmax(1)).sum(1).mean()


def focal(logits: Tensor, targets: Tensor, weights: Tensor, *, gamma: float = 2.0) -> Tensor:
    """Focal loss (Lin et al. 2017, eq. 5): cross-entropy scaled down where the answer is sure.

    Args:
        logits: shape ``(batch, n_classes)``.
        targets: distributions, same shape.
        weights: of each class, shape ``(n_classes,)``.
        gamma: 0 gives `cross_entropy`.
    """
    log_p = logits.log_softmax(1)
    return -(targets * weights * (1 - log_p.exp()) ** gamma * log_p).sum(1).mean()


def balanced_weights(targets: Tensor, n_classes: int) -> Tensor:
    """Weights that give every class the same say: ``n / (n_classes * count)``, 0 if absent."""
    counts = torch.bincount(targets, minlength=n_classes).float()
    return torch.where(counts > 0, len(targets) / (n_classes * counts.clamp(min=1)), 0.0)
