"""Train and measure Light-SERNet with the flags of its own code; docs/scripts.md says what differs.

The exported model holds its front end whatever -m says, and features are cached on disk.
"""

import argparse
from pathlib import Path

from lightspeech.cli import script
from lightspeech.progress import no_progress
from lightspeech.reporting import text
from lightspeech.workflows import light_sernet as flags
from lightspeech.workflows.run import run

RECIPE = Path(__file__).parents[1] / "recipes/emodb_light_sernet.yaml"

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("-dn", "--dataset_name", choices=flags.CORPORA, required=True)
parser.add_argument("-id", "--input_durations", type=float, default=3.0, metavar="SECONDS")
parser.add_argument("-at", "--audio_type", choices=flags.STYLES, default="all")
parser.add_argument("-ln", "--loss_name", choices=flags.LOSSES, default="cross_entropy")
parser.add_argument("-v", "--verbose", type=int, choices=[0, 1], default=1, help="1: progress")
parser.add_argument("-it", "--input_type", choices=flags.INPUTS, default="mfcc")
parser.add_argument("-c", "--cache", choices=["disk", "ram", "None"], default="disk")
parser.add_argument("-m", "--merge_tflite", metavar="BOOL")

if __name__ == "__main__":
    asked = parser.parse_args()
    job = flags.job(
        RECIPE,
        dataset=asked.dataset_name,
        seconds=asked.input_durations,
        style=asked.audio_type,
        loss=asked.loss_name,
        input_type=asked.input_type,
    )
    quiet = not asked.verbose
    script.run(lambda shown: [text.describe(run(job, no_progress if quiet else shown).figures)])
