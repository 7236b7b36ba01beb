"""What a training minimizes: a module that scores a network on a batch.

Its own parameters, such as a projection that the network itself does not keep, are trained and
saved in checkpoints with the network's.
"""

import torch
from torch import Tensor, nn

from lightspeech.frontends.batches import Batch, Batches
from lightspeech.frontends.inputs import Inputs, apply
from lightspeech.training import losses
from lightspeech.training.loop import Training


class Labels(nn.Module):
    """The loss of the labels: smoothed, mixed up, every class with the same say."""

    weights: Tensor
    """Of the classes, shape ``(n_classes,)``."""

    def __init__(self, batches: Batches, n_classes: int, cfg: Training) -> None:
        """Weigh the classes by the training part.

        Args:
            batches: of the training part.
            n_classes: number of classes.
            cfg: which loss, and how it is weighted, smoothed and mixed.
        """
        super().__init__()
        targets = batches.targets[batches.rows]
        weights = torch.ones(n_classes)
        if cfg.class_weights:
            weights = losses.balanced_weights(targets[targets >= 0], n_classes)
        self.register_buffer("weights", weights, persistent=False)
        self.n_classes, self.cfg = n_classes, cfg

    def forward(self, model: nn.Module, batch: Batch) -> Tensor:
        """Give the mean loss of a batch.

        Args:
            model: the network, or what is wrapped around it.
            batch: of the training part.

        Returns:
            A scalar.
        """
        mix = self.shares(batch)
        return self.score(model(mixed(batch.features, mix)).float(), batch, mix)

    def shares(self, batch: Batch) -> Tensor | None:
        """Shares of the own example in mixup, shape ``(batch,)``; None without mixup."""
        return losses.mixing_shares(batch.mix, self.cfg.mixup) if self.cfg.mixup else None

    def score(self, logits: Tensor, batch: Batch, mix: Tensor | None) -> Tensor:
        """Score logits of mixed examples against their mixed labels.

        Args:
            logits: shape ``(batch, n_classes)`` or ``(batch, members, n_classes)``.
            batch: that they answer.
            mix: its shares, shape ``(batch,)``, see `shares`.

        Returns:
            A scalar, mean over the batch.
        """
        smoothing = self.cfg.label_smoothing
        soft = losses.soft_targets(batch.targets, self.n_classes, smoothing=smoothing, mix=mix)
        loss, expected = self.cfg.loss, losses.of_every_member(soft, logits)
        scored: Tensor = loss.module.score(logits, expected, self.weights, loss.config)
        return scored


def mixed(inputs: Inputs, mix: Tensor | None) -> Inputs:
    """Mix the inputs of a batch by its shares.

    Args:
        inputs: shapes ``(batch, …)``.
        mix: shares, shape ``(batch,)``; None: the inputs stay.

    Returns:
        The same shapes.
    """
    return apply(lambda x: mixup(x, mix), inputs)


def mixup(x: Tensor, mix: Tensor | None) -> Tensor:
    """Mix one tensor of a batch by its shares.

    Args:
        x: shape ``(batch, …)``.
        mix: shares, shape ``(batch,)``; None: the tensor stays.

    Returns:
        The shape of ``x``.
    """
    return x if mix is None else losses.mixup(x, mix)
