"""What is easy comes first (Bengio et al. 2009): a growing share of each class is learnt from.

Easy is what is acted strongly, what listeners agree on, or what a teacher is sure of. Every epoch
has as many examples as ever; where few may be drawn, they are drawn again.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from torch import nn

from lightspeech import bounds
from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.frontends.batches import Index, Shares
from lightspeech.training import soft_labels
from lightspeech.training.objective import Objective
from lightspeech.training.task import Task


@config
class Config:
    """What is easy, and how soon all is learnt from."""

    by: Literal["intensity", "agreement", "teacher"] = "intensity"
    """``agreement``: of those who listened; ``teacher``: what it says of the true class, of runs
    that a teacher teaches."""
    order: Annotated[tuple[str, ...], Field(max_length=16)] = ("strong", "high", "medium", "normal")
    """Words of intensity, the easiest first; all others come last."""
    first: Annotated[float, Field(gt=0, le=1)] = 0.3
    """Share of each class that the first epoch draws from."""
    until: bounds.Share = 0.5
    """Share of the training after which all is drawn, each utterance once an epoch."""


def share(progress: float, cfg: Config) -> float:
    """Give the share of each class that may be drawn; it grows in a line.

    Args:
        progress: share of the training that is done, 0 to 1.
        cfg: of the objective.

    Returns:
        Above 0, 1 from ``until`` on.
    """
    if progress >= cfg.until:
        return 1.0
    return cfg.first + (1 - cfg.first) * progress / cfg.until


class Curriculum(Objective):
    """Says which utterances an epoch may draw; it adds nothing to the loss."""

    def __init__(self, cfg: Config, places: Shares, epochs: int) -> None:
        """Take the order.

        Args:
            cfg: of the objective.
            places: share of its class that is easier than an utterance, shape ``(n,)``.
            epochs: of the training.
        """
        super().__init__()
        self.cfg, self.places, self.epochs = cfg, places, epochs

    def pace(self, epoch: int) -> Shares | None:
        """Let the easiest count, the others not yet.

        Args:
            epoch: its number, from 0.

        Returns:
            0 or 1 of each utterance, shape ``(n,)``; None: all count.
        """
        now = share(epoch / self.epochs, self.cfg)
        return None if now == 1 else (self.places < now).astype(np.float64)


def places(difficulty: Shares, targets: Index, seed: int) -> Shares:
    """Tell what share of its class is easier than an utterance.

    Args:
        difficulty: of each utterance, shape ``(n,)``.
        targets: class of each, shape ``(n,)``.
        seed: of the order of those that are alike.

    Returns:
        0 to below 1, shape ``(n,)``.

    Example:
        >>> places(np.array([2.0, 1.0, 1.0, 3.0]), np.array([0, 0, 1, 1]), 0).tolist()
        [0.5, 0.0, 0.0, 0.5]
    """
    drawn = np.random.default_rng([seed, 6]).random(len(targets))
    placed = np.zeros(len(targets))
    for target in np.unique(targets):
        rows = np.flatnonzero(targets == target)
        ranked = rows[np.lexsort((drawn[rows], difficulty[rows]))]
        placed[ranked] = np.arange(len(rows)) / len(rows)
    return placed


def difficulty(task: Task, cfg: Config) -> Shares:
    """Tell how hard each utterance of the training part is.

    Args:
        task: the run.
        cfg: by what.

    Returns:
        Shape ``(n,)``, in the order of ``task.split.train``.

    Raises:
        ConfigError: if no word of intensity or no agreement tells them apart, or there is no
            teacher.
    """
    if cfg.by == "teacher":
        return _doubt(task)
    if cfg.by == "agreement":
        return _disagreement(task)
    word_of = {utterance.id: utterance.intensity for utterance in task.utterances}
    words = [word_of[name] for name in task.split.train]
    known = {word: place for place, word in enumerate(cfg.order)}
    if len({known.get(word) for word in words}) < 2:
        raise ConfigError(
            f"curriculum: the training part has intensities {sorted({*words})}, which order="
            f"{list(cfg.order)} does not tell apart; name them there, or leave curriculum out"
        )
    return np.array([known.get(word, len(known)) for word in words], np.float64)


def _disagreement(task: Task) -> Shares:
    """Share of listeners who heard another label; 1 where nobody was asked."""
    agreed = {u.id: u.agreement for u in task.utterances}
    shares = [agreed[name] for name in task.split.train]
    if len({*shares}) < 2:
        raise ConfigError(
            "curriculum: agreement is the same all over the training part, or nobody was asked; "
            "take a corpus whose readers give it (iemocap, or a table with the column agreement), "
            "or by=intensity"
        )
    return np.array([1.0 if share is None else 1 - share for share in shares])


def _doubt(task: Task) -> Shares:
    """One minus what the teacher gives the true class; 1 where it was not asked."""
    lesson = task.config.distill
    if lesson is None:
        raise ConfigError(
            "curriculum by=teacher needs a teacher; write it into the training of a distill step, "
            "or take by=intensity"
        )
    soft = soft_labels.read(lesson.soft)
    probabilities = dict(zip(soft.ids, soft.probabilities.numpy(), strict=True))
    target = {u.id: int(t) for u, t in zip(task.utterances, task.targets, strict=True)}
    return np.array(
        [
            1 - float(probabilities[i][target[i]]) if i in probabilities else 1.0
            for i in task.split.train
        ]
    )


def build(cfg: Config, *, task: Task, network: nn.Module) -> Curriculum:
    """Make the objective of a run.

    Args:
        cfg: of the objective.
        task: the run.
        network: that is trained.

    Raises:
        ConfigError: if nothing tells the easy from the hard: no word of intensity, or no teacher.
    """
    row_of = {utterance.id: row for row, utterance in enumerate(task.utterances)}
    rows = np.array([row_of[name] for name in task.split.train])
    placed = np.zeros(len(task.utterances))
    placed[rows] = places(difficulty(task, cfg), task.targets[rows], task.seed)
    return Curriculum(cfg, placed, task.config.training.epochs)
