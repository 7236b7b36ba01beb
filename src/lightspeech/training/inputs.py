"""What a task trains, selects and tests on: inputs of its corpus, and batches of them."""

from dataclasses import dataclass

import numpy as np
import torch

from lightspeech.frontends import balance
from lightspeech.frontends.batches import Batches, Index, Order
from lightspeech.frontends.contract import CorpusInputs, Step, no_step
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


def training_batches(task: Task, parts: Parts) -> Batches:
    """Make the batches that a task trains on.

    Args:
        task: says seed, balance and augmentation.
        parts: of its corpus.
    """
    order = _order(task, parts.train)
    return parts.inputs.train(order, torch.from_numpy(task.targets), task.config.augment)


def _order(task: Task, rows: Index) -> Order:
    """Draw all with a label every epoch, and of those without one the share that is asked for."""
    cfg, lesson = task.config.training, task.config.distill
    unlabelled = task.targets[rows] < 0 if lesson is not None else np.zeros(len(rows), bool)
    labelled = rows[~unlabelled]
    return Order(
        labelled,
        batch_size=cfg.batch_size,
        seed=task.seed,
        shares=balance.shares(
            [task.utterances[row].corpus for row in labelled], task.targets[labelled], cfg.balance
        ),
        extra=rows[unlabelled],
        extra_share=lesson.unlabelled_share if lesson is not None else 0.0,
    )
