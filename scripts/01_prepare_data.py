"""Decode the recordings of a corpus, and say how models learn from them."""

import argparse
from pathlib import Path

from lightspeech.cli import script
from lightspeech.reporting import corpus
from lightspeech.workflows.pipeline import data

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--raw_data", type=Path, required=True, help="folder of the recordings")
parser.add_argument("--output", type=Path, default=Path("data"), help="gets manifest, settings")
parser.add_argument("--augment", action="store_true", help="bend examples, later, in training")

if __name__ == "__main__":
    asked = parser.parse_args()
    script.run(
        lambda progress: [
            corpus.describe(
                data.prepare(asked.raw_data, asked.output, augment=asked.augment, progress=progress)
            ),
            f"{asked.output / data.MANIFEST}\n{asked.output / data.SETTINGS}",
        ]
    )
