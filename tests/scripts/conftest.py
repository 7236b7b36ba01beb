import csv
import shutil
from pathlib import Path

import pytest

from lightspeech.corpora import synthetic

ROOT = Path(__file__).parents[2]
SMALL = """
seeds: [0]
protocol: {name: grouped_k_fold, folds: 2}
corpus: {name: synthetic}
model: {name: nano, channels: [12, 12]}
windows: {window_s: 1.0, hop_s: null}
"""
STEPS = """
compress:
  - {name: distill, teacher: baseline, crops: 1}
  - {name: prune, rounds: 1, batches: 1}
  - {name: quantize}
"""


@pytest.fixture(scope="session")
def lay_out():
    """Fill a folder with the scripts, recipes of seconds, and made speech in class folders."""

    def fill(folder):
        write_recordings(folder / "raw")
        shutil.copytree(ROOT / "scripts", folder / "scripts")
        (folder / "configs").mkdir()
        for name, more in (("baseline", ""), ("distillation", STEPS)):
            (folder / f"configs/{name}.yaml").write_text(f"name: {name}{SMALL}{more}")

    return fill


def write_recordings(to):
    made = synthetic.read(synthetic.Config(root=to.parent / "made", speakers=3, sentences=1))
    to.mkdir()
    with (to / "speakers.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("path", "speaker"))
        for utterance in made.utterances:
            path = to / utterance.emotion / utterance.path.name
            path.parent.mkdir(exist_ok=True)
            shutil.copy(utterance.path, path)
            table.writerow((path.relative_to(to).as_posix(), utterance.speaker))
