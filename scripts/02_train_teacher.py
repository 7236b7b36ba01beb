"""Train a teacher on every fold of prepared data."""

import argparse
from pathlib import Path

from lightspeech.cli import script
from lightspeech.workflows.pipeline import models

RECIPE = Path(__file__).parents[1] / "configs/baseline.yaml"

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--data", type=Path, required=True, help="folder of 01_prepare_data.py")
parser.add_argument("--output", type=Path, default=models.MODELS, help="folder of models")
parser.add_argument("--device", choices=["cpu", "auto"], default="auto", help="auto: a GPU, if any")
parser.add_argument("--epochs", type=int, default=30)

if __name__ == "__main__":
    asked = parser.parse_args()
    script.run(
        lambda progress: models.train_teacher(
            RECIPE,
            asked.data,
            asked.output,
            epochs=asked.epochs,
            device=asked.device,
            progress=progress,
        )
    )
