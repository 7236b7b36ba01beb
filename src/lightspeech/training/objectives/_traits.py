"""What utterances have in common beside their label, numbered, and how guesses of it are scored."""

from typing import Literal

import torch
from torch import Tensor

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
    learnt = {*task.split.train}
    values = [getattr(u, trait) if u.id in learnt else "" for u in task.utterances]
    distinct = sorted({*values} - {""})
    if len(distinct) < 2:
        raise ConfigError(
            f"{objective}: the training part has {len(distinct)} value(s) of {trait!r}, at least 2 "
            f"are needed; take recordings that differ in it, or leave {objective} out"
        )
    number = {"": -1} | {value: place for place, value in enumerate(distinct)}
    return torch.tensor([number[value] for value in values]), len(distinct)


def cross_entropy(guesses: Tensor, numbers: Tensor, output: Pass) -> Tensor:
    """Score guesses of a trait, mixed as the examples are; where it is unknown, nothing is said.

    Args:
        guesses: logits, shape ``(batch, n_values)``.
        numbers: of the whole corpus, shape ``(n,)``, see `numbered`.
        output: the pass whose embeddings the guesses are made of.

    Returns:
        A scalar, mean over what is known.
    """
    soft = losses.soft_targets(
        numbers[output.batch.rows], guesses.shape[1], smoothing=0.0, mix=output.mix
    )
    return -(soft * guesses.log_softmax(1)).sum() / soft.sum().clamp(min=1.0)
