"""What a run minimizes: the loss of its labels or ratings, its teacher, and its objectives."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lightspeech.errors import ConfigError
from lightspeech.frontends.batches import Batches
from lightspeech.training import (
    soft_labels,
)
from lightspeech.training.distillation import Live, Stored, Taught, Teacher
from lightspeech.training.objective import Labels, Objective, Sum
from lightspeech.training.ratings import Rated
from lightspeech.training.run import read_run
from lightspeech.training.soft_labels import SoftLabels
from lightspeech.training.task import RunConfig, Task


def objectives(task: Task, network: nn.Module) -> list[Objective]:
    """Make what a task learns beside its labels and its teacher.

    Args:
        task: the run.
        network: to be trained.

    Raises:
        ConfigError: if the corpus or the network lacks what one of them needs.
    """
    _seed(task, 5)
    chosen = task.config.training.objectives
    return [each.module.build(each.config, task=task, network=network) for each in chosen]


def _seed(task: Task, purpose: int) -> None:
    """Seed the weights of an objective, by what they are for."""
    seeds = np.random.default_rng([task.seed, task.fold, purpose])
    torch.manual_seed(int(seeds.integers(2**63)))


def objective(
    task: Task, training: Batches, network: nn.Module, extras: Sequence[Objective] = ()
) -> Sum:
    """Make what a task minimizes: the loss of its labels, and of its teacher, or of its ratings.

    Args:
        task: the run.
        training: the batches of its training part.
        network: to be trained.
        extras: of `objectives`, added to it.

    Raises:
        ConfigError: if the teacher tells other classes apart, is live and hears other features, or
            shows no embedding where one is learnt from.
        CorpusError: if the teacher was not asked about an utterance of the training part, or is
            live and not there.
        LeakError: if the teacher knows whom the student is measured on.
    """
    if task.config.ratings is not None:
        rated = Rated(task.config.ratings, task.utterances)
        return Sum(network, [rated, *extras], mixup=task.config.training.mixup)
    labels = Labels(training, len(task.labels), task.config.training)
    of_labels = labels if task.config.distill is None else _taught(task, labels, network)
    return Sum(network, [of_labels, *extras], mixup=task.config.training.mixup)


def _taught(task: Task, labels: Labels, network: nn.Module) -> Taught:
    """Let the teacher of a task have its say beside the labels."""
    cfg = task.config.distill
    assert cfg is not None
    soft = soft_labels.read(cfg.soft)
    soft_labels.check(soft, task.labels, task.utterances, task.split)
    if cfg.embeds:
        soft_labels.check_embeddings(soft, cfg.soft)
    teacher: Teacher = Stored(soft, task.utterances)
    if cfg.live:
        teacher = _live(soft, task.config, embeddings=cfg.embeds)
    _seed(task, 4)
    return Taught(labels, teacher, cfg, network)


def _live(soft: SoftLabels, student: RunConfig, *, embeddings: bool) -> Live:
    """Open the runs that gave some soft labels.

    Raises:
        ConfigError: if they hear other features than their student, or are not named.
        CorpusError: if one is not there.
    """
    of_teacher = [read_run(Path(folder)) for folder in soft.answered]
    if not of_teacher:
        raise ConfigError(
            f"the soft labels of {soft.heard.study} do not say which runs answered; name the "
            "teacher's study instead, or leave distill.live out"
        )
    for run in of_teacher:
        its, the_students = ((c.frontend, c.normalisation) for c in (run.config, student))
        if its != the_students:
            raise ConfigError(
                f"the teacher {soft.heard.study} hears other features than its student; give both "
                "one front end, or leave distill.live out"
            )
    return Live([run.network for run in of_teacher], embeddings=embeddings)
