"""What utterances have in common beside their label, numbered, and how guesses of it are scored."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.training import losses
from lightspeech.training.objective import Pass
from lightspeech.training.task import Task

Trait = Literal["speaker", "corpus", "sex", "intensity", "sentence"]
"""A column of the manifest."""


def numbered(task: Task, trait: Trait, *, objective: str) -> tuple[Tensor, int]:
    """Number the values of a trait that occur in the training part of a task.

    Args:
        task: the run.
        trait: which.
        objective: who asks, for the message.

    Returns:
        Number of each utterance of the corpus, shape ``(n,)``, −1 where it is unknown or of nobody
        who is learnt from, and how many values there are.

    Raises:
        ConfigError: if fewer than two values occur, so that nothing tells them apart.
    """
    value: Callable[[Utterance], str] = lambda utterance: getattr(utterance, trait)  # noqa: E731
    learnt = {*task.split.train}
    values = sorted({value(u) for u in task.utterances if u.id in learnt} - {""})
    if len(values) < 2:
        raise ConfigError(
            f"{objective}: the training part has {len(values)} value(s) of {trait!r}, at least 2 "
            f"are needed; take recordings that differ in it, or leave {objective} out"
        )
    number = {name: place for place, name in enumerate(values)}
    numbers = [number.get(value(u), -1) if u.id in learnt else -1 for u in task.utterances]
    return torch.tensor(numbers), len(values)


def cross_entropy(guesses: Tensor, numbers: Tensor, answered: Pass) -> Tensor:
    """Score guesses of a trait, mixed as the examples are; where it is unknown, nothing is said.

    Args:
        guesses: logits, shape ``(batch, n_values)``.
        numbers: of the whole corpus, shape ``(n,)``, see `numbered`.
        answered: the pass whose embeddings the guesses are made of.

    Returns:
        A scalar, mean over what is known.
    """
    soft = losses.soft_targets(
        numbers[answered.batch.rows], guesses.shape[1], smoothing=0.0, mix=answered.mix
    )
    return -(soft * guesses.log_softmax(1)).sum() / soft.sum().clamp(min=1.0)
