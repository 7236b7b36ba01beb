"""Speech without labels: a network learns from what a teacher says of it, and no more.

A step has a list of it of its own, and a study one of what its objectives name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lightspeech.config import Choice
from lightspeech.corpora import manifest, preparing
from lightspeech.corpora.base import Utterance
from lightspeech.errors import CorpusError
from lightspeech.progress import Progress
from lightspeech.protocols import leaks
from lightspeech.training import layout
from lightspeech.training.task import RunConfig, Task

WHERE = "unlabelled"
"""Before the ids of such speech, so that they are nobody else's."""


def prepare(corpora: Sequence[Choice], path: Path, *, progress: Progress) -> None:
    """Decode corpora, whatever their labels, and list their recordings; a list that is there stays.

    Args:
        corpora: to be decoded.
        path: of the list, a manifest.
        progress: told of every file decoded.

    Raises:
        CorpusError: if a corpus is not there, or has an id that another one has.
        OutputError: if the list cannot be written.
    """
    if path.exists():
        return

    def told(_: str, done: int, total: int) -> None:
        progress(WHERE, done, total)

    prepared = [preparing.prepare(choice, progress=told) for choice in corpora]
    listed = [utterance for corpus in prepared for utterance in corpus.utterances]
    manifest.refuse_twice(path, listed)
    manifest.write(listed, path)


def share(task: Task) -> float:
    """Give the share of an epoch's examples that have no label, if there are any: 0 to below 1."""
    training, lesson = task.config.training, task.config.distill
    of_objectives = training.unlabelled_share if training.unlabelled else 0.0
    return max(of_objectives, lesson.unlabelled_share if lesson is not None else 0.0)


def read(path: Path, *, need_audio: bool = True) -> list[Utterance]:
    """Read such a list; ids say that the student has no labels of these.

    Args:
        path: of the list.
        need_audio: whether its recordings must be there.

    Raises:
        CorpusError: if it is not there or damaged, or its recordings are not there.
    """
    listed = manifest.read(path, need_audio=need_audio)
    return [leaks.renamed(utterance, WHERE) for utterance in listed]


def add(task: Task) -> Task:
    """Add the unlabelled speech that a task's distillation and objectives name to what it learns.

    Raises:
        CorpusError: if the recordings are not there, or nobody listed them.
        LeakError: if the student is measured or selected on somebody in it.
    """
    extra = [
        utterance for path in lists(task.config, task.folder.parent) for utterance in read(path)
    ]
    if not extra:
        return task
    extra = list({utterance.id: utterance for utterance in extra}.values())
    leaks.check_unlabelled(extra, task.utterances, task.split)
    ids = tuple(utterance.id for utterance in extra)
    return replace(
        task,
        utterances=(*task.utterances, *extra),
        targets=np.concatenate([task.targets, np.full(len(extra), -1)]),
        split=replace(task.split, train=task.split.train + ids),
    )


def lists(cfg: RunConfig, folder: Path) -> Iterator[Path]:
    """Name the lists of unlabelled speech that a run learns from.

    Args:
        cfg: of the run.
        folder: of its study, or of the step that makes it.

    Yields:
        Manifests.

    Raises:
        CorpusError: if nobody listed what its training names.
    """
    lesson = cfg.distill
    if lesson is not None and lesson.unlabelled is not None:
        yield lesson.unlabelled
    if cfg.training.unlabelled:
        of_study = layout.study_of(folder) / layout.UNLABELLED
        if not of_study.exists():
            raise CorpusError(
                f"{of_study} is not there: training.unlabelled is listed before the plain runs; "
                "name it in the training of the recipe, and train that first"
            )
        yield of_study
