"""Train a small student; let it learn from a teacher, narrow it, make it int8."""

import argparse
from pathlib import Path

from lightspeech.cli import script
from lightspeech.workflows.pipeline import models

RECIPE = Path(__file__).parents[1] / "configs/distillation.yaml"
STEPS = ("distill", "prune", "quantize")

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--teacher_ckpt", type=Path, default=models.MODELS / "teacher.safetensors")
parser.add_argument("--data", type=Path, required=True, help="folder of 01_prepare_data.py")
parser.add_argument("--output", type=Path, default=models.MODELS, help="folder of models")
parser.add_argument("--epochs", type=int, default=30)
for step in STEPS:
    parser.add_argument(f"--{step}", action="store_true")

if __name__ == "__main__":
    asked = parser.parse_args()
    script.run(
        lambda progress: models.train_students(
            RECIPE,
            asked.teacher_ckpt,
            asked.data,
            asked.output,
            epochs=asked.epochs,
            steps=[step for step in STEPS if vars(asked)[step]],
            progress=progress,
        )
    )
