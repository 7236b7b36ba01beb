"""Names of the files and folders of studies and runs; nobody else spells them.

``runs/NAME/`` is a study: recipe, manifest, a folder for each fold and seed, and a folder for each
step of compression, which is a study as well. Runs write here and read here, so the names stand in
this package and not in `lightspeech.studies` above it.
"""

import os
import re
from pathlib import Path

from lightspeech.files import placed

RECIPE, MANIFEST = "recipe.yaml", "manifest.csv"
"""Of a study."""
STEPS = "steps.yaml"
"""Of the folder of a step: itself and those before it."""
CONDITIONS, RESULTS, EXAMPLE = "study.json", "results.json", "example.json"
"""Of a measured study: what is said beside its figures, these, and one recording of the report."""
CHAIN = "compress.json"
"""Of a study whose steps were measured; also as a table and as a picture."""
RUN, ANSWERS, HISTORY = "run.json", "test.csv", "history.jsonl"
"""Of a run: what made it; what it answered to its test set, written last; a line an epoch."""
WEIGHTS, CHECKPOINT = "weights.safetensors", "checkpoint.safetensors"
"""Of a run: finished, and while it trains."""
INT8, SENSITIVITY = "int8.onnx", "sensitivity.json"
"""Of an int8 run: what a device computes, and what each layer costs."""
UNLABELLED, SOFT = "unlabelled.csv", "soft"
"""Of a step that learns from a teacher, or of a study: speech without labels; of such a step: the
teacher's answers."""
_STEP = re.compile(r"(\d+)-(\w+)")


def run_name(fold: int | str, seed: int | str) -> str:
    """Name the folder of a run, such as ``fold0-seed0``.

    Args:
        fold: number from 0 on.
        seed: of its training.
    """
    return f"fold{fold}-seed{seed}"


def runs(study: Path, fold: int | str = "*", seed: int | str = "*") -> list[Path]:
    """List the folders of the runs of a study, sorted by name.

    Args:
        study: folder of a study, or of a step.
        fold: of these runs; ``*``: of all folds.
        seed: of these runs; ``*``: of all seeds.
    """
    return sorted(study.glob(f"{run_name(fold, seed)}/"))


def step_name(number: int, step: str) -> str:
    """Name the folder of a step below that of its study, such as ``1-distill``.

    Args:
        number: from 1 on.
        step: its plug-in.
    """
    return f"{number}-{step}"


def step_number(folder: Path) -> int:
    """Tell which step of a recipe made a folder; 0 for the plain runs.

    Args:
        folder: of a study or of a step.
    """
    match = _STEP.fullmatch(placed(folder).name)
    return int(match[1]) if match and is_step(folder) else 0


def is_step(folder: Path) -> bool:
    """Tell whether a folder is that of a step.

    Args:
        folder: of a study or of a step.
    """
    return os.path.isfile(folder / STEPS)


def study_of(folder: Path) -> Path:
    """Give the folder of the study that a folder is, or is a step of.

    Args:
        folder: of a study or of a step.
    """
    return placed(folder).parent if is_step(folder) else folder


def studies_beside(run: Path) -> Path:
    """Give the folder of all studies, among which a run of a step finds its teachers.

    Args:
        run: folder of a run of a step, ``runs/NAME/1-distill/fold0-seed0``.
    """
    return run.parents[2]


def soft_labels(folder: Path, fold: int) -> Path:
    """Name the file of a teacher's answers to the training part of a fold.

    Args:
        folder: of soft labels.
        fold: of the student.
    """
    return folder / f"fold{fold}.safetensors"


def holds_soft_labels(folder: Path) -> bool:
    """Tell whether a folder holds answers of a teacher.

    Args:
        folder: of soft labels, perhaps.
    """
    return any(folder.glob("fold*.safetensors"))
