"""What a task trains, selects and tests on: inputs of its corpus, and batches of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from lightspeech.frontends import balance
from lightspeech.frontends.batches import Batch, Batches, Index, Order, Shares
from lightspeech.frontends.contract import CorpusInputs, Step, no_step
from lightspeech.training import unlabelled
from lightspeech.training.objective import Objective
from lightspeech.training.task import Task


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """The inputs of a corpus, and which rows of it a fold trains, selects and tests on.

    Attributes:
        inputs: of the whole corpus.
        train: rows, shape ``(n,)``.
        selection: rows, shape ``(n,)``, of other lengths.
        test: rows, shape ``(n,)``; none where nobody is tested.
    """

    inputs: CorpusInputs
    train: Index
    selection: Index
    test: Index

    def counts(self, rows: Index) -> Index:
        """Windows of each of some utterances, shape ``(len(rows),)``."""
        return np.diff(self.inputs.window_offsets)[rows]


def open_parts(task: Task) -> Parts:
    """Load a task's inputs, computing them first where they are not cached."""
    place = {utterance.id: row for row, utterance in enumerate(task.utterances)}
    train, selection, test = (
        np.array([place[name] for name in part], np.int64)
        for part in (task.split.train, task.split.selection, task.split.test)
    )
    return Parts(inputs=load(task), train=train, selection=selection, test=test)


def load(task: Task, *, step: Step = no_step) -> CorpusInputs:
    """Find what a task's model is given in the cache, computing first what is not there.

    Args:
        task: any of a study; all are given the same.
        step: called after each utterance.

    Raises:
        LightspeechError: see `contract.Frontend.open`.
    """
    return task.config.front.open(task.utterances, task.cache, step)


class TwoViews:
    """Batches whose utterances come with another view of each, bent anew."""

    def __init__(self, first: Batches, second: Batches) -> None:
        """Take the same batches twice.

        Args:
            first: gives the examples.
            second: in the same order, bent in another way.
        """
        self.first, self.second = first, second
        self.rows, self.targets = first.rows, first.targets

    def __len__(self) -> int:
        """Batches an epoch."""
        return len(self.first)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Go once through the training utterances."""
        for one, other in zip(self.first.epoch(number), self.second.epoch(number), strict=True):
            yield replace(one, view=other.features)


def training_batches(task: Task, parts: Parts, objectives: Sequence[Objective] = ()) -> Batches:
    """Make the batches that a task trains on.

    Args:
        task: says seed, balance and augmentation.
        parts: of its corpus.
        objectives: that may want some utterances more than others, or two views of each.
    """
    order = _order(task, parts.train, objectives)
    targets, augment = torch.from_numpy(task.targets), task.config.augment
    batches = parts.inputs.train(order, targets, augment)
    if not any(each.views for each in objectives):
        return batches
    return TwoViews(batches, parts.inputs.train(order.bent_anew(), targets, augment))


def _order(task: Task, rows: Index, objectives: Sequence[Objective]) -> Order:
    """Draw all with a label every epoch, and of those without one the share that is asked for."""
    cfg, extra_share = task.config.training, unlabelled.share(task)
    unknown = (task.targets[rows] < 0) & (extra_share > 0)
    labelled = rows[~unknown]

    def pace(epoch: int) -> Shares | None:
        weights = [each.pace(epoch) for each in objectives]
        factors = [each for each in weights if each is not None]
        return np.prod(factors, axis=0) if factors else None

    return Order(
        labelled,
        batch_size=cfg.batch_size,
        seed=task.seed,
        shares=balance.shares(
            [task.utterances[row].corpus for row in labelled], task.targets[labelled], cfg.balance
        ),
        extra=rows[unknown],
        extra_share=extra_share,
        pace=pace,
    )
