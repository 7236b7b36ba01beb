"""Who teaches: the folder of a study, a fold of it that may teach, and all that it knows."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from lightspeech.config import Choice, build, config, plugin, read_yaml
from lightspeech.corpora import manifest
from lightspeech.corpora.base import Utterance
from lightspeech.errors import CorpusError, LeakError
from lightspeech.files import placed
from lightspeech.protocols import leaks
from lightspeech.protocols.base import Protocol
from lightspeech.protocols.leaks import Heard
from lightspeech.training import layout, soft_labels, unlabelled
from lightspeech.training import run as runs
from lightspeech.training.task import Task


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """What a step learns from, beside the run before and its corpus.

    Attributes:
        studies: names below the folder of all studies, their folders, or folders of soft labels.
        seeds: runs of the studies whose answers are averaged; None: all.
        corpora: more recordings.
    """

    studies: tuple[Path, ...] = ()
    seeds: tuple[int, ...] | None = None
    corpora: tuple[Choice, ...] = ()


def find(teacher: Path, studies: Path) -> Path:
    """Find the folder of a study.

    Args:
        teacher: name of a study below ``studies``, or a folder.
        studies: folder of all studies.

    Raises:
        CorpusError: naming the places looked at.
    """
    for folder in (teacher, studies / teacher):
        if layout.runs(folder):
            return folder
    raise CorpusError(
        f"no runs in {teacher} or {studies / teacher}; train them first: "
        "lightspeech train RECIPE, or compress for those of a step"
    )


def require(teacher: Path, studies: Path, seeds: tuple[int, ...] | None = None) -> None:
    """Refuse a study that is not there or not finished; a folder of soft labels will do too.

    Args:
        teacher: name of a study below ``studies``, or a folder.
        studies: folder of all studies.
        seeds: whose runs must be finished; None: all that were begun.

    Raises:
        CorpusError: naming what to train.
    """
    if any(layout.holds_soft_labels(place) for place in (teacher, studies / teacher)):
        return
    folder = find(teacher, studies)
    asked = [run for seed in seeds or ("*",) for run in layout.runs(folder, seed=seed)]
    if unfinished := [run for run in asked if not runs.is_done(run)]:
        raise CorpusError(f"{unfinished[0]} is not finished; train it first, with --resume")


def choose_fold(folder: Path, task: Task) -> tuple[int, Heard]:
    """Find a fold of a teacher that knows nobody the student is measured on, its own number first.

    Args:
        folder: of the teacher's study, or of a step of it.
        task: of the student.

    Returns:
        The fold's number, and what its runs know.

    Raises:
        LeakError: if there is none.
    """
    protocol, utterances = _read_study(folder)
    order = sorted(range(len(protocol.splits)), key=lambda fold: fold != task.fold)
    first: LeakError | None = None
    for fold in order:
        knowledge = what_is_known(folder, fold, protocol, utterances)
        try:
            leaks.check_teacher(knowledge, task.utterances, task.split)
        except LeakError as error:
            first = first or error
        else:
            return fold, knowledge
    raise first or LeakError(f"{folder}: a study without folds teaches nobody")


@config
class _Cut:
    """What of a recipe says who was on which side."""

    protocol: Annotated[Choice, plugin("lightspeech.protocols")]


def _read_study(folder: Path) -> tuple[Protocol, dict[str, Utterance]]:
    """Cut a study's corpus again; that of a step lies in the folder above."""
    folder = layout.study_of(folder)
    utterances = manifest.read(folder / layout.MANIFEST, need_audio=False)
    values = {"protocol": read_yaml(folder / layout.RECIPE).get("protocol")}
    cut = build(_Cut, values, source=str(folder / layout.RECIPE)).protocol
    protocol: Protocol = cut.module.cut(utterances, cut.config)
    return protocol, {utterance.id: utterance for utterance in utterances}


def _name(folder: Path) -> str:
    """``study``, or ``study/1-distill``."""
    full = placed(folder)
    return f"{full.parent.name}/{full.name}" if layout.is_step(folder) else full.name


def what_is_known(
    folder: Path, fold: int, protocol: Protocol, utterances: dict[str, Utterance]
) -> Heard:
    """List what the runs of a fold were trained and selected on, their own teachers included.

    Args:
        folder: of a study, or of a step.
        fold: number of the fold.
        protocol: the study's cut.
        utterances: its whole corpus, by id.
    """
    split = protocol.splits[fold]
    train = {utterances[name] for name in split.train}
    selection = {utterances[name] for name in split.selection}
    for run in layout.runs(folder, fold):
        if not os.path.isfile(run / layout.RUN):
            continue
        cfg = runs.read_config(run)
        if cfg.distill is not None:
            from_teacher = soft_labels.read(cfg.distill.soft).heard
            train |= set(from_teacher.train)
            selection |= set(from_teacher.selection)
        for path in unlabelled.lists(cfg, folder):
            train |= set(unlabelled.read(path, need_audio=False))
    return Heard(
        study=f"{_name(folder)} (fold {fold})",
        train=tuple(sorted(train, key=lambda u: u.id)),
        selection=tuple(sorted(selection, key=lambda u: u.id)),
    )
