"""Speech without labels: a student learns from what its teacher says of it, and no more."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lightspeech.config import Choice
from lightspeech.corpora import manifest
from lightspeech.corpora.base import Utterance
from lightspeech.progress import Progress
from lightspeech.protocols import leaks
from lightspeech.training.task import Task

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

    prepared = [manifest.prepare(choice, progress=told) for choice in corpora]
    listed = [utterance for corpus in prepared for utterance in corpus.utterances]
    manifest.refuse_twice(path, listed)
    manifest.write(listed, path)


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
    """Add what the task's distillation brings of unlabelled speech to its training part.

    Raises:
        CorpusError: if the recordings are not there.
        LeakError: if the student is measured or selected on somebody in it.
    """
    lesson = task.config.distill
    if lesson is None or lesson.unlabelled is None:
        return task
    extra = read(lesson.unlabelled)
    leaks.check_unlabelled(extra, task.utterances, task.split)
    ids = tuple(utterance.id for utterance in extra)
    return replace(
        task,
        utterances=(*task.utterances, *extra),
        targets=np.concatenate([task.targets, np.full(len(extra), -1)]),
        split=replace(task.split, train=task.split.train + ids),
    )
