"""Measure teacher and students on speakers they never heard, side by side."""

import argparse
from pathlib import Path

from lightspeech.cli import script
from lightspeech.workflows.pipeline import figures

MODELS = ("teacher_ckpt", "student_ckpt", "pruned_ckpt", "quantized")

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--data", type=Path, required=True, help="folder of 01_prepare_data.py")
for model in MODELS:
    parser.add_argument(f"--{model}", type=Path, help="its weights, such as results/models/X.pth")
parser.add_argument("--output", type=Path, default=figures.TABLES, help="folder of figures")
parser.add_argument("--device", choices=["cpu"], default="cpu", help="where devices compute, too")

if __name__ == "__main__":
    asked = parser.parse_args()
    chosen = [vars(asked)[model] for model in MODELS if vars(asked)[model] is not None]
    script.run(lambda _progress: [figures.compare(asked.data, chosen, asked.output)])
