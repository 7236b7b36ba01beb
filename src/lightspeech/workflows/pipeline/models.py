"""A teacher and its students from prepared data, their weights as files with the usual names."""

import json
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from lightspeech.errors import CorpusError
from lightspeech.files import replacing, write_text
from lightspeech.progress import Progress
from lightspeech.studies.folders import Places
from lightspeech.studies.study import Study, read_study
from lightspeech.training import layout
from lightspeech.workflows.pipeline import data as prepared
from lightspeech.workflows.train import Job, train

MODELS, LOGS = Path("results/models"), Path("results/logs")
"""Where weights and histories go, below the working folder."""
TEACHER, STUDENT = "teacher", "student"
OTHER_SUFFIXES = (".pth", ".pt")
"""Of weights as others write them; such a path names a model here, and its suffix is dropped."""
WEIGHTS, INT8 = ".safetensors", ".onnx"


def train_teacher(
    recipe: Path, data: Path, output: Path, *, epochs: int, device: str, progress: Progress
) -> list[Path]:
    """Train the teacher of prepared data, or go on with one that was cut off.

    Args:
        recipe: YAML file of the model and its training.
        data: folder by `data.prepare`.
        output: folder of models, or a path whose name is to be the teacher's.
        epochs: of training.
        device: as `training.loop.Training` has it.
        progress: told of recordings, features, epochs.

    Returns:
        Its weights; the study of all folds is a folder of that name.

    Raises:
        LightspeechError: as `workflows.train.train`.
    """
    folder, name = _named(output, TEACHER)
    changes = [f"name={name}", f"training.epochs={epochs}", f"training.device={device}"]
    return _finish(train(_job(recipe, data, folder, changes), progress))


def train_students(
    recipe: Path,
    teacher: Path,
    data: Path,
    output: Path,
    *,
    epochs: int,
    steps: Collection[str],
    progress: Progress,
) -> list[Path]:
    """Train a student, and apply those steps of its recipe that are asked for, in its order.

    Args:
        recipe: YAML file with ``compress:``.
        teacher: its weights, see `find`.
        data: folder by `data.prepare`.
        output: folder of models, or a path whose name is to be the student's.
        epochs: of training, and of recovery after pruning.
        steps: names of steps, such as ``distill``; none: the plain student alone.
        progress: told of recordings, features, epochs, and runs of each step.

    Returns:
        The weights of the student and of each step; of an int8 step its network as ONNX too.

    Raises:
        CorpusError: if there is no such teacher.
        LightspeechError: as `workflows.train.train`.
    """
    folder, name = _named(output, STUDENT)
    changes = [f"name={name}", f"training.epochs={epochs}"]
    told: dict[str, dict[str, Any]] = {
        "distill": {"teacher": find(teacher).as_posix()},
        "prune": {"epochs": epochs},
    }
    chosen = [step for step in Job(recipe=recipe).read().compress if step.name in steps]
    chain = [{**step.as_dict(), **told.get(step.name, {})} for step in chosen]
    changes.append(f"compress={json.dumps(chain)}")
    return _finish(train(_job(recipe, data, folder, changes), progress, steps=True))


def _named(output: Path, usual: str) -> tuple[Path, str]:
    """Tell a folder of models from a path that names one in it."""
    is_model = output.suffix in (*OTHER_SUFFIXES, WEIGHTS)
    return (output.parent, output.stem) if is_model else (output, usual)


def _job(recipe: Path, data: Path, models: Path, changes: list[str]) -> Job:
    overrides = [*prepared.overrides(data), *changes]
    return Job(recipe=recipe, overrides=overrides, resume=True, places=Places(runs=models))


def _finish(study: Study) -> list[Path]:
    """Copy what people look for out of a study and its steps: weights, and how training went."""
    return [file for each in stages_of(study.folder) for file in _copies(each)]


def _copies(study: Path) -> Iterator[Path]:
    run = study / read_study(study).run_names[0]
    for file, suffix in ((layout.WEIGHTS, WEIGHTS), (layout.INT8, INT8)):
        if (run / file).is_file():
            to = layout.study_of(study).parent / f"{name_of(study)}{suffix}"
            with replacing(to) as temporary:
                shutil.copyfile(run / file, temporary)
            yield to
    histories = [run / layout.HISTORY for run in layout.runs(study)]
    lines = [
        json.dumps({"run": file.parent.name, **json.loads(line)}) + "\n"
        for file in histories
        if file.is_file()
        for line in file.read_text("utf-8").splitlines()
    ]
    write_text(LOGS / f"{name_of(study)}.jsonl", "".join(lines))


def stages_of(study: Path) -> list[Path]:
    """List the folders of a study and of its steps, in their order.

    Args:
        study: its folder.
    """
    steps = [path.parent for path in study.glob(f"*/{layout.STEPS}")]
    return [study, *sorted(steps, key=layout.step_number)]


def name_of(study: Path) -> str:
    """Name the files of a study, ``student``, or of a step of it, ``student_distill``.

    Args:
        study: folder of either.
    """
    if not layout.is_step(study):
        return study.name
    return f"{study.parent.name}_{study.name.partition('-')[2]}"


def find(checkpoint: Path) -> Path:
    """Find the study, or the step of one, that a file of weights is from.

    Args:
        checkpoint: as `train_teacher` and `train_students` name it; the suffix may be that of
            others.

    Raises:
        CorpusError: naming the models that there are.
    """
    folders = [path.parent for path in checkpoint.parent.glob(f"*/{layout.RECIPE}")]
    models = {name_of(each): each for study in sorted(folders) for each in stages_of(study)}
    if checkpoint.stem in models:
        return models[checkpoint.stem]
    there = ", ".join(f"{checkpoint.parent / name}{WEIGHTS}" for name in models) or "none"
    raise CorpusError(
        f"{checkpoint}: no such model; there are: {there}; scripts/02_train_teacher.py and "
        "scripts/03_train_student.py make them"
    )
