"""What a training minimizes: a sum of objectives, each of which scores one pass of the network.

Their own parameters, such as a projection that the network itself does not keep, are trained and
saved in checkpoints with the network's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lightspeech.errors import ConfigError
from lightspeech.frontends.batches import Batch, Batches, Shares
from lightspeech.frontends.inputs import Inputs, apply, tensors
from lightspeech.training import losses
from lightspeech.training.answers import with_embedding
from lightspeech.training.loop import Training


@dataclass(frozen=True, kw_only=True, eq=False)
class Pass:
    """One pass of a batch through a network in training.

    Attributes:
        batch: as it was drawn.
        mix: share of the own example in what the network was given, shape ``(batch,)``; None:
            examples were not mixed.
        logits: shape ``(batch, n_classes)`` or ``(batch, members, n_classes)``.
        embedding: what its head read, shape ``(batch, width)``; of width 0 where no objective
            asks for it.
        progress: share of the training that is done, 0 to 1.
    """

    batch: Batch
    mix: Tensor | None
    logits: Tensor
    embedding: Tensor
    progress: float


class Objective(nn.Module):
    """One term of what is minimized; by default it adds nothing."""

    embeds = False
    """Whether it scores embeddings, which not every network shows."""
    views = False
    """Whether it needs every utterance bent twice, see `Batch.view`."""

    def score(self, output: Pass) -> Tensor:
        """Give its term of the loss, a scalar; its weight is in it.

        Args:
            output: what the network made of a batch.
        """
        return output.logits.new_zeros(())

    def pace(self, epoch: int) -> Shares | None:
        """Say how much each utterance counts in an epoch.

        Args:
            epoch: its number, from 0.

        Returns:
            Shape ``(n,)``, 0 or above, of the whole corpus; None: all alike.
        """
        return None


class Sum(nn.Module):
    """Objectives that score the same pass of a network, added up."""

    def __init__(
        self, network: nn.Module, objectives: Sequence[Objective], *, mixup: float
    ) -> None:
        """Take the terms.

        Args:
            network: that is trained, which shows its embedding where a term asks for it.
            objectives: the terms.
            mixup: alpha of the shares in which examples are mixed; 0: they are not.
        """
        super().__init__()
        self.network = (network,)  # in a tuple: its weights are not the objective's
        self.objectives, self.mixup = nn.ModuleList(objectives), mixup
        self.embeds = any(each.embeds for each in objectives)

    def forward(self, model: nn.Module, batch: Batch, progress: float = 1.0) -> Tensor:
        """Give the mean loss of a batch.

        Args:
            model: the network, or what is wrapped around it.
            batch: of the training part.
            progress: share of the training that is done, 0 to 1.

        Returns:
            A scalar.
        """
        mix = losses.mixing_shares(batch.mix, self.mixup) if self.mixup else None
        inputs = mixed(batch.features, mix)
        if self.embeds:
            logits, embedding = with_embedding(model, self.network[0], inputs)
        else:
            logits = model(inputs)
            embedding = logits[:, :0]
        output = Pass(
            batch=batch, mix=mix, logits=logits.float(), embedding=embedding.float(),
            progress=progress,
        )  # fmt: skip
        terms: list[Tensor] = [each.score(output) for each in self.objectives]  # type: ignore[operator]
        return torch.stack(terms).sum()


class Labels(Objective):
    """The loss of the labels: smoothed, mixed up, every class with the same say."""

    weights: Tensor
    """Of the classes, shape ``(n_classes,)``."""

    def __init__(self, batches: Batches, n_classes: int, cfg: Training) -> None:
        """Weigh the classes by the training part.

        Args:
            batches: of the training part.
            n_classes: number of classes.
            cfg: which loss, and how it is weighted and smoothed.
        """
        super().__init__()
        targets = batches.targets[batches.rows]
        weights = torch.ones(n_classes)
        if cfg.class_weights:
            weights = losses.balanced_weights(targets[targets >= 0], n_classes)
        self.register_buffer("weights", weights, persistent=False)
        self.n_classes, self.cfg = n_classes, cfg

    def score(self, output: Pass) -> Tensor:
        """Score logits of mixed examples against their mixed labels.

        Args:
            output: what the network made of a batch.

        Returns:
            A scalar, mean over the batch.
        """
        smoothing, logits = self.cfg.label_smoothing, output.logits
        soft = losses.soft_targets(
            output.batch.targets, self.n_classes, smoothing=smoothing, mix=output.mix
        )
        loss, expected = self.cfg.loss, losses.of_every_member(soft, logits)
        scored: Tensor = loss.module.score(logits, expected, self.weights, loss.config)
        return scored


def check_mixing(inputs: Inputs, cfg: Training) -> None:
    """Refuse to mix what is no sound.

    Args:
        inputs: of a network, such as the example of its front end, shapes ``(batch, …)``.
        cfg: says whether examples are mixed.

    Raises:
        ConfigError: if they are, and hold words.
    """
    if cfg.mixup and not all(x.is_floating_point() for x in tensors(inputs)):
        raise ConfigError("words cannot be mixed as sounds are; write training.mixup=0")


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
