"""Unlearn who speaks, or of which corpus it is: a reversed gradient (Ganin et al. 2016, sec. 4).

A small network guesses it from what the head reads; what helps the guess is taken back. The
reversal grows with the training (eq. 14): there must be something to take back before it counts.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from lightspeech import bounds
from lightspeech.config import config
from lightspeech.training.answers import embedding_width
from lightspeech.training.objective import Objective, Pass
from lightspeech.training.objectives import _traits
from lightspeech.training.task import Task


@config
class Config:
    """What is not to be readable, and how much that counts."""

    of: _traits.Trait = "speaker"
    weight: bounds.Weight = 0.1
    """Of the reversed gradient at the end of the training; the guess itself is learnt in full."""
    steepness: bounds.Spread = 10.0
    """Of its growth; 0: it is the weight from the first step on."""
    hidden: bounds.Width = 64
    """Units of the network that guesses."""


def reversal(progress: float, cfg: Config) -> float:
    """Give the weight of the reversed gradient.

    Args:
        progress: share of the training that is done, 0 to 1.
        cfg: its last weight, and how it grows.
    """
    if not cfg.steepness:
        return cfg.weight
    return cfg.weight * math.tanh(cfg.steepness * progress / 2)


def reverse(x: Tensor, scale: float) -> Tensor:
    """Let a tensor through, and turn its gradient round.

    Args:
        x: any shape.
        scale: of the gradient on its way back.

    Returns:
        The same values, the same shape.
    """
    through: Tensor = _Reverse.apply(x, scale)  # type: ignore[no-untyped-call]
    return through


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: float) -> Tensor:
        ctx.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return -ctx.scale * gradients[0], None


class Adversarial(Objective):
    """Guesses a trait from embeddings, and takes back what the guess could be made from."""

    embeds = True
    numbers: Tensor
    """Of the trait, of the whole corpus, shape ``(n,)``."""

    def __init__(self, cfg: Config, numbers: Tensor, n_values: int, width: int) -> None:
        """Draw fresh weights of the network that guesses.

        Args:
            cfg: of the objective.
            numbers: of the trait, of the whole corpus, shape ``(n,)``.
            n_values: so many the trait has.
            width: of the embeddings.
        """
        super().__init__()
        self.cfg = cfg
        self.register_buffer("numbers", numbers, persistent=False)
        self.guess = nn.Sequential(
            nn.Linear(width, cfg.hidden), nn.ReLU(), nn.Linear(cfg.hidden, n_values)
        )

    def score(self, output: Pass) -> Tensor:
        """Give the loss of the guess.

        Args:
            output: what the network made of a batch.

        Returns:
            A scalar.
        """
        scale = reversal(output.progress, self.cfg)
        guesses = self.guess(reverse(output.embedding, scale))
        return _traits.cross_entropy(guesses, self.numbers, output)


def build(cfg: Config, *, task: Task, network: nn.Module) -> Adversarial:
    """Make the objective of a run.

    Args:
        cfg: of the objective.
        task: the run.
        network: that is trained.

    Raises:
        ConfigError: if the training part has one value of the trait alone, or the network shows
            no embedding.
    """
    numbers, n_values = _traits.numbered(task, cfg.of, objective="adversarial")
    return Adversarial(cfg, numbers, n_values, embedding_width(network))
