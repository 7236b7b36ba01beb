"""Learn beside the class what else is known: sex, intensity, arousal, 88 functionals.

Each from what the head reads, by a linear layer that is left behind (Caruana 1997). Numbers are
brought to mean 0 and deviation 1 over the training part: functionals, those of eGeMAPS, by their
squared error; what listeners rated by concordance, each corpus on its own scale.
"""

import math
from typing import Annotated, Literal, get_args

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech import bounds
from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.frontends import functionals
from lightspeech.training import losses
from lightspeech.training.answers import embedding_width
from lightspeech.training.objective import Objective, Pass, mixup
from lightspeech.training.objectives import _traits
from lightspeech.training.ratings import Rating
from lightspeech.training.task import Task

FUNCTIONALS = "functionals"
What = _traits.Trait | Rating | Literal["functionals"]
BOUND = 5.0
"""Deviations that a functional is from its mean at most: some are ratios of next to nothing."""


@config
class Config:
    """What else is learnt, and how much it counts."""

    of: Annotated[tuple[What, ...], Field(min_length=1, max_length=8)] = ("sex", "intensity")
    weight: bounds.Weight = 0.3
    """Of each of them."""


class MultiTask(Objective):
    """A linear layer for each trait and each rating, and one for the functionals."""

    embeds = True

    def __init__(
        self,
        cfg: Config,
        width: int,
        *,
        traits: dict[str, tuple[Tensor, int]] | None = None,
        ratings: dict[str, Tensor] | None = None,
        functionals: Tensor | None = None,
    ) -> None:
        """Draw fresh weights.

        Args:
            cfg: of the objective.
            width: of the embeddings.
            traits: numbers of the whole corpus, shape ``(n,)``, and how many values there are.
            ratings: standardized, of the whole corpus, shape ``(n,)``, NaN where there is none.
            functionals: standardized, of the whole corpus, shape ``(n, 88)``; None: not learnt.
        """
        super().__init__()
        self.cfg, traits, ratings = cfg, traits or {}, ratings or {}
        self.guesses = nn.ModuleDict({name: nn.Linear(width, n) for name, (_, n) in traits.items()})
        for name, (numbers, _) in traits.items():
            self.register_buffer(f"numbers_{name}", numbers, persistent=False)
        self.rated = nn.ModuleDict({name: nn.Linear(width, 1) for name in ratings})
        for name, values in ratings.items():
            self.register_buffer(f"ratings_{name}", values, persistent=False)
        self.regression = None
        if functionals is not None:
            self.regression = nn.Linear(width, functionals.shape[1])
            self.register_buffer(FUNCTIONALS, functionals, persistent=False)

    def score(self, output: Pass) -> Tensor:
        """Add up what is wrong in all guesses.

        Args:
            output: what the network made of a batch.

        Returns:
            A scalar.
        """
        embedding = output.embedding
        loss = embedding.new_zeros(())
        for name, guess in self.guesses.items():
            numbers = self.get_buffer(f"numbers_{name}")
            loss = loss + _traits.cross_entropy(guess(embedding), numbers, output)
        for name, rate in self.rated.items():
            values = self.get_buffer(f"ratings_{name}")[output.batch.rows]
            loss = loss + discord(rate(embedding)[:, 0], mixup(values, output.mix))
        if self.regression is not None:
            values = self.get_buffer(FUNCTIONALS)[output.batch.rows]
            loss = loss + F.mse_loss(self.regression(embedding), mixup(values, output.mix))
        return self.cfg.weight * loss


def build(cfg: Config, *, task: Task, network: nn.Module) -> MultiTask:
    """Make the objective of a run.

    Args:
        cfg: of the objective.
        task: the run.
        network: that is trained.

    Raises:
        ConfigError: if the training part has one value of a trait alone or no rating, or the
            network shows no embedding.
        MissingExtra: if functionals are to be computed and openSMILE is not installed.
    """
    traits: dict[str, tuple[Tensor, int]] = {
        name: _traits.numbered(task, name, objective="multi_task")
        for name in get_args(_traits.Trait)
        if name in cfg.of
    }
    rated: dict[str, Tensor] = {
        name: ratings(task, name) for name in get_args(Rating) if name in cfg.of
    }
    return MultiTask(
        cfg,
        embedding_width(network),
        traits=traits,
        ratings=rated,
        functionals=standardized(task) if FUNCTIONALS in cfg.of else None,
    )


def discord(guesses: Tensor, truth: Tensor) -> Tensor:
    """Give one minus the concordance with the truth; 0 where fewer than two are rated.

    Args:
        guesses: shape ``(batch,)``.
        truth: same shape, NaN where nobody rated; mixed with such, it is NaN too.

    Returns:
        A scalar, 0 to 2.
    """
    known = truth.isfinite()
    if known.sum() < 2:
        return guesses.new_zeros(())
    return 1 - losses.concordance(guesses[known], truth[known])


def ratings(task: Task, name: Rating) -> Tensor:
    """Give what listeners said, in deviations from the mean of the corpus's training part.

    Args:
        task: the run.
        name: which.

    Returns:
        Shape ``(n,)``, NaN where there is none.

    Raises:
        ConfigError: if fewer than two utterances of the training part are rated.
    """
    learnt = {*task.split.train}
    values = torch.tensor(
        [math.nan if (r := getattr(u, name)) is None else r for u in task.utterances]
    )
    train = torch.tensor([u.id in learnt for u in task.utterances])
    if (train & values.isfinite()).sum() < 2:
        raise ConfigError(
            f"multi_task: nobody rated {name} in the training part; take a corpus whose readers "
            f"give it (iemocap, or a table with the column {name}), or leave {name} out"
        )
    for corpus in {u.corpus for u in task.utterances}:
        of_corpus = torch.tensor([u.corpus == corpus for u in task.utterances])
        known = values[of_corpus & train & values.isfinite()]
        scale = known.std(correction=0).clamp(min=1e-6) if len(known) else 1.0
        values[of_corpus] = (values[of_corpus] - known.mean()) / scale
    return values


def standardized(task: Task) -> Tensor:
    """Give the functionals of a corpus in deviations from the mean of its training part.

    Args:
        task: the run.

    Returns:
        Shape ``(n, 88)``, −5 to 5.

    Raises:
        LightspeechError: see `functionals.load`.
    """
    values = torch.from_numpy(functionals.load(task.utterances, task.cache))
    learnt = {*task.split.train}
    rows = [row for row, utterance in enumerate(task.utterances) if utterance.id in learnt]
    mean, deviation = values[rows].mean(0), values[rows].std(0).clamp(min=1e-6)
    return ((values - mean) / deviation).clamp(-BOUND, BOUND)
