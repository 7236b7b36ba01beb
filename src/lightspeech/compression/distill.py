"""Distill: a student learns from a teacher's answers to many crops of its training part.

A teacher is any finished study, or a folder of soft labels; its front end and window may differ
from the student's. For each fold of the student one fold of the teacher is asked, one that knows
none of the speakers the student is measured or selected on. It may be asked about speech without
labels too, which then joins the training part.
"""

import dataclasses
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from torch import Tensor

from lightspeech import bounds
from lightspeech.config import Choice, NamedPath, as_dict, build, config, plugin
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.progress import Progress
from lightspeech.protocols import leaks
from lightspeech.protocols.leaks import Heard
from lightspeech.training import fitting, inputs, layout, soft_labels, teachers, unlabelled
from lightspeech.training import run as runs
from lightspeech.training.answers import with_embedding
from lightspeech.training.distillation import Distillation, Weights
from lightspeech.training.loop import Training, device_of
from lightspeech.training.run import Run
from lightspeech.training.soft_labels import SoftLabels
from lightspeech.training.task import RunConfig, Task
from lightspeech.training.teachers import Lessons

SCHEME = "distilled"
"""What figures are called after this step."""
BYTES_PER_VALUE = None
"""Of an activation after it: as before."""
FINAL = False
"""Other steps may follow."""
LARGEST_BATCH = 64


@config
class Config(Weights):
    """Who teaches whom, and how."""

    teacher: NamedPath | tuple[NamedPath, ...]
    """Name of a study beside the student's, folder of a study, or folder of soft labels; answers
    of several studies are averaged."""
    seeds: tuple[int, ...] | None = None
    """Runs of each teacher whose answers are averaged; null: all."""
    unlabelled: tuple[Annotated[Choice, plugin("lightspeech.corpora")], ...] = ()
    """Corpora that the teacher is asked about too; their own labels, if any, are left out."""
    crops: bounds.Few = 8
    """Bent crops of each utterance that each run is asked about."""
    init: Literal["scratch", "run"] = "scratch"
    """Begin with fresh weights, or go on from those of the run before."""
    training: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Differences from the training of the run before."""

    @property
    def teachers(self) -> tuple[Path, ...]:
        """All of them, one included."""
        return self.teacher if isinstance(self.teacher, tuple) else (self.teacher,)


def check(cfg: RunConfig) -> None:
    """Take any run that is not int8.

    Raises:
        ConfigError: if it is: an int8 network begins with a trained one.
    """
    if cfg.architecture.int8_parts:
        raise ConfigError("an int8 run learns no more; put distill before the step that made it so")


def learns_from(cfg: Config) -> Lessons:
    """All teachers, and the speech that they are asked about too."""
    return Lessons(studies=cfg.teachers, seeds=cfg.seeds, corpora=cfg.unlabelled)


def apply(before: Run, task: Task, cfg: Config) -> None:
    """Train a student with its teacher; resumes where it was cut off.

    Args:
        before: whose weights the student has with ``init: run``.
        task: the run to make, its configuration that of the run before.
        cfg: who teaches, and how.

    Raises:
        LightspeechError: if the soft labels are not there, or not for this student.
    """
    changed = {**as_dict(task.config.training), **cfg.training}
    student = replace(task.config, training=build(Training, changed, source="distill.training"))
    task = unlabelled.add(_learning(replace(task, config=student), cfg))
    parts = inputs.open_parts(task)
    network = before.network if cfg.init == "run" else fitting.first_network(task, parts)
    fitting.finish(task, parts, fitting.fit(task, parts, network))


def _learning(task: Task, cfg: Config) -> Task:
    """Say in a task what it learns from."""
    lesson = Distillation(
        soft=soft_path(task, cfg),
        unlabelled=task.folder.parent / layout.UNLABELLED if cfg.unlabelled else None,
        **{field.name: getattr(cfg, field.name) for field in dataclasses.fields(Weights)},
    )
    return replace(task, config=replace(task.config, distill=lesson))


def soft_path(task: Task, cfg: Config) -> Path:
    """Name the file of soft labels of a fold: the given one, else one in the folder of the step.

    Args:
        task: a run of the step.
        cfg: names the teacher, or a folder of soft labels.
    """
    written = layout.soft_labels(task.folder.parent / layout.SOFT, task.fold)
    if len(cfg.teachers) > 1:
        return written
    places = (Path(), layout.studies_beside(task.folder))
    given = [layout.soft_labels(place / cfg.teachers[0], task.fold) for place in places]
    return next((path for path in given if os.path.exists(path)), written)


def prepare(todo: Sequence[Task], cfg: Config, progress: Progress) -> None:
    """Ask the teacher once for each fold, before the students begin; what is there stays.

    Args:
        todo: the runs that the step is to make.
        cfg: who teaches, and how.
        progress: told what is counted, how many are done, and of how many.

    Raises:
        CorpusError: if the teacher is not there, or not finished.
        ConfigError: if the teacher tells other classes apart, or embeddings are wanted that it
            does not show or did not give.
        LeakError: if the teacher knows whom its student is measured on, or speech without labels
            is of such a speaker.
        StudyError: if the teacher was trained again since it answered.
    """
    if cfg.unlabelled:
        to = todo[0].folder.parent / layout.UNLABELLED
        unlabelled.prepare(cfg.unlabelled, to, progress=progress)
    folds = [unlabelled.add(_learning(task, cfg)) for task in {t.fold: t for t in todo}.values()]
    inputs.load(folds[0])
    for number, task in enumerate(folds):
        progress("teacher", number, len(folds))
        path = soft_path(task, cfg)
        if not path.exists():
            soft_labels.write(_ask(task, cfg), path)
        soft = soft_labels.read(path)
        soft_labels.check_fresh(soft, path)
        soft_labels.check(soft, task.labels, task.utterances, task.split)
        if cfg.embeds:
            soft_labels.check_embeddings(soft, path)
    progress("teacher", len(folds), len(folds))


def _ask(task: Task, cfg: Config) -> SoftLabels:
    """Let every run of a fold of each teacher's answer the training part of a student."""
    folders, of_each = [], []
    for teacher in cfg.teachers:
        chosen, known = _choose(task, teacher, cfg.seeds)
        folders += chosen
        of_each.append(known)
    knowledge = leaks.together(of_each)
    of_teachers = [runs.read_run(folder) for folder in folders]
    for run in of_teachers:
        soft_labels.check_labels(knowledge.study, run.labels, task.labels)
    torch.set_num_threads(1)  # more add up in another order, and a killed step ends otherwise
    # Averaged are answers alone: embeddings are those of the first.
    answers = [
        answer(run, task, cfg.crops, embeddings=cfg.embeds and run is of_teachers[0])
        for run in of_teachers
    ]
    return SoftLabels(
        labels=task.labels,
        ids=task.split.train,
        probabilities=torch.stack([probabilities for probabilities, _ in answers]).mean(0),
        embeddings=answers[0][1],
        seeds=tuple(run.seed for run in of_teachers),
        heard=knowledge,
        answered={folder.as_posix(): soft_labels.hash_of(folder) for folder in folders},
    )


def _choose(task: Task, teacher: Path, seeds: tuple[int, ...] | None) -> tuple[list[Path], Heard]:
    """Name the runs of a teacher that may teach a student, and what they know."""
    folder = teachers.find(teacher, layout.studies_beside(task.folder))
    fold, knowledge = teachers.choose_fold(folder, task)
    there = [path.name for path in layout.runs(folder, fold)]
    wanted = there if seeds is None else [layout.run_name(fold, seed) for seed in seeds]
    if not wanted or not set(wanted) <= set(there):
        raise CorpusError(f"{folder}: found {there}, wanted seeds {seeds}; train them first")
    return [folder / name for name in wanted], knowledge  # others may be unfinished


@torch.no_grad()
def answer(run: Run, task: Task, crops: int, *, embeddings: bool = False) -> tuple[Tensor, Tensor]:
    """Let a run answer the training part of a task.

    Args:
        run: the teacher; it hears its own front end, bent as in its own training.
        task: of the student.
        crops: of each utterance.
        embeddings: also give what its head reads; not every network has a head.

    Returns:
        Mean probabilities, ``(n, n_classes)``, and embeddings, ``(n, width)``, in the order of
        ``task.split.train``; the width is 0 where nobody asked for embeddings.

    Raises:
        ConfigError: if embeddings are asked for and the network shows none.
        LightspeechError: see `contract.Frontend.open`.
    """
    n = len(task.split.train)
    # A last batch of one utterance would be left out.
    size = next(size for size in range(LARGEST_BATCH, 0, -1) if n % size != 1)
    training = replace(
        run.config.training, batch_size=size, balance="none", objectives=(), unlabelled=()
    )
    # Without a lesson of its own all are asked, those without a label too.
    config = replace(run.config, training=training, distill=None)
    hearing = replace(task, config=config, seed=run.seed)
    parts = inputs.open_parts(hearing)
    batches = inputs.training_batches(hearing, parts)
    place = {int(row): index for index, row in enumerate(parts.train)}
    sums: list[Tensor] = []
    # An exported graph stays where it was exported.
    on_cpu = bool(run.config.architecture.int8_parts)
    device = torch.device("cpu") if on_cpu else device_of(training)
    network = run.network.to(device)
    for crop in range(crops):
        for batch in batches.epoch(crop):
            features = batch.to(device).features
            if embeddings:
                logits, embedding = with_embedding(network, network, features)
            else:
                logits = network(features)
                embedding = logits[:, :0]
            index = torch.tensor([place[int(row)] for row in batch.rows])
            values = ((logits / run.temperature).softmax(1).cpu(), embedding.cpu())
            sums = sums or [torch.zeros(n, value.shape[1]) for value in values]
            for total, value in zip(sums, values, strict=True):
                total.index_add_(0, index, value.float())
    return sums[0] / crops, sums[1] / crops
