"""Learn beside the class what else is known of a recording: sex, intensity, 88 functionals.

Each from what the head reads, by a linear layer that is left behind (Caruana 1997). Functionals are
those of eGeMAPS, brought to mean 0 and deviation 1 over the training part.
"""

from pathlib import Path
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech import bounds
from lightspeech.config import config
from lightspeech.frontends import functionals
from lightspeech.training.answers import embedding_width
from lightspeech.training.objective import Objective, Pass, mixup
from lightspeech.training.objectives import _traits
from lightspeech.training.task import Task

FUNCTIONALS = "functionals"
BOUND = 5.0
"""Deviations that a functional is from its mean at most: some are ratios of next to nothing."""


@config
class Config:
    """What else is learnt, and how much it counts."""

    of: Annotated[
        tuple[_traits.Trait | Literal["functionals"], ...], Field(min_length=1, max_length=8)
    ] = ("sex", "intensity")
    weight: bounds.Weight = 0.3
    """Of each of them."""


class MultiTask(Objective):
    """A linear layer for each trait, and one for the functionals."""

    embeds = True

    def __init__(
        self,
        cfg: Config,
        traits: dict[str, tuple[Tensor, int]],
        functionals: Tensor | None,
        width: int,
    ) -> None:
        """Draw fresh weights.

        Args:
            cfg: of the objective.
            traits: numbers of the whole corpus, shape ``(n,)``, and how many values there are.
            functionals: standardized, of the whole corpus, shape ``(n, 88)``; None: not learnt.
            width: of the embeddings.
        """
        super().__init__()
        self.cfg = cfg
        self.guesses = nn.ModuleDict({name: nn.Linear(width, n) for name, (_, n) in traits.items()})
        for name, (numbers, _) in traits.items():
            self.register_buffer(f"numbers_{name}", numbers, persistent=False)
        self.regression = None
        if functionals is not None:
            self.regression = nn.Linear(width, functionals.shape[1])
            self.register_buffer(FUNCTIONALS, functionals, persistent=False)

    def score(self, answered: Pass) -> Tensor:
        """Add up what is wrong in all guesses.

        Args:
            answered: what the network made of a batch.

        Returns:
            A scalar.
        """
        embedding = answered.embedding
        loss = embedding.new_zeros(())
        for name, guess in self.guesses.items():
            numbers = self.get_buffer(f"numbers_{name}")
            loss = loss + _traits.cross_entropy(guess(embedding), numbers, answered)
        if self.regression is not None:
            told = self.get_buffer(FUNCTIONALS)[answered.batch.rows]
            loss = loss + F.mse_loss(self.regression(embedding), mixup(told, answered.mix))
        return self.cfg.weight * loss


def build(cfg: Config, *, task: Task, network: nn.Module) -> MultiTask:
    """Make the objective of a run.

    Args:
        cfg: of the objective.
        task: the run.
        network: that is trained.

    Raises:
        ConfigError: if the training part has one value of a trait alone, or the network shows no
            embedding.
        MissingExtra: if functionals are to be computed and openSMILE is not installed.
    """
    traits: dict[str, tuple[Tensor, int]] = {
        name: _traits.numbered(task, name, objective="multi_task")
        for name in cfg.of
        if name != "functionals"
    }
    told = standardized(task, task.cache) if FUNCTIONALS in cfg.of else None
    return MultiTask(cfg, traits, told, embedding_width(network))


def standardized(task: Task, cache: Path) -> Tensor:
    """Give the functionals of a corpus in deviations from the mean of its training part.

    Args:
        task: the run.
        cache: folder where they are kept.

    Returns:
        Shape ``(n, 88)``, −5 to 5.

    Raises:
        LightspeechError: see `functionals.load`.
    """
    values = torch.from_numpy(functionals.load(task.utterances, cache))
    learnt = {*task.split.train}
    rows = [row for row, utterance in enumerate(task.utterances) if utterance.id in learnt]
    mean, deviation = values[rows].mean(0), values[rows].std(0).clamp(min=1e-6)
    return ((values - mean) / deviation).clamp(-BOUND, BOUND)
