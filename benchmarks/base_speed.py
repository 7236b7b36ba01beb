"""How fast `base` is: builds of this package beside each other, each by files that it wrote itself.

    git worktree add ../before COMMIT
    python benchmarks/base_speed.py ~/emodb --before ../before

Each build shrinks whisper-tiny.en by the recordings, trains a head for an epoch on made utterances,
without `small` beside it, and exports both as one ONNX file; what they learn changes no time. Then
sessions take turns on one thread: medians of processor time of one window.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lightspeech import bundle
from lightspeech.bundle import Bundle
from lightspeech.evaluation import latency, machine
from lightspeech.export import onnx
from lightspeech.files import write_json
from lightspeech.frontends import encoder_places
from lightspeech.runtime.onnx_session import OnnxSession

OUTPUT = Path("results/benchmarks/base.json")
NOW = Path(__file__).parents[1]
RECIPE = """\
name: base
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: base}
frontend: {source: encoder}
training: {epochs: 1, batch_size: 8}
"""
JUDGED = 4
"""Recordings by which heads and units are chosen."""
COMMANDS = (
    ("train", "base.yaml", "--processes", "1"),
    ("export", "runs/base/fold0-seed0", "--name", "base"),
)
ROUNDS = 200


def main() -> None:
    """Measure all, and write `OUTPUT`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("speech", type=Path, help="Recordings.")
    parser.add_argument("--before", nargs="+", required=True, type=Path, help="Builds of old.")
    asked = parser.parse_args()
    builds = {commit(build): build for build in asked.before} | {"now": NOW}
    with tempfile.TemporaryDirectory() as place:
        made = {
            name: make(build.resolve(), asked.speech.resolve(), Path(place) / name)
            for name, build in builds.items()
        }
        figures = measure(made)
    about = {
        "machine": machine.describe(),
        "rounds": ROUNDS,
        "window_s": made["now"].windows.window_s,
    }
    write_json(OUTPUT, {**about, "builds": figures})
    print(figures)


def commit(build: Path) -> str:
    """Name what a build was made of."""
    command = ["git", "-C", str(build), "rev-parse", "--short=7", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def make(build: Path, speech: Path, place: Path) -> Bundle:
    """Let a build make its encoder, a head and a bundle of both, in a folder of its own."""
    place.mkdir()
    (place / "base.yaml").write_text(RECIPE)
    source = str(encoder_places.folder_of("whisper-tiny.en") or "whisper-tiny.en")
    shrink = ("shrink", "encoder", "--source", source, "--speech", str(speech))
    environment = {**os.environ, "PYTHONPATH": str(build / "src"), encoder_places.PLACE: str(place)}
    for arguments in ((*shrink, "--recordings", str(JUDGED)), *COMMANDS):
        command = [sys.executable, "-m", "lightspeech", *arguments]
        subprocess.run(command, check=True, cwd=place, env=environment)
    return bundle.read(place / "bundles" / "base")


def measure(made: dict[str, Bundle]) -> dict[str, dict[str, Any]]:
    """Time a window of each, and say how many times as long as now it takes."""
    length, _ = made["now"].windows.samples(made["now"].sample_rate)
    sound = np.random.default_rng(0).normal(size=(1, length)).astype(np.float32) / 10
    calls = {
        name: partial(opened(of).run, onnx.OUTPUT, {onnx.WAVEFORM: sound})
        for name, of in made.items()
    }
    ms = {name: of.work_ms for name, of in latency.measure(calls, rounds=ROUNDS).items()}
    return {
        name: {
            "bytes": of.size_bytes,
            "ms": round(ms[name], 2),
            "times_now": round(ms[name] / ms["now"], 2),
        }
        for name, of in made.items()
    }


def opened(of: Bundle) -> OnnxSession:
    """Open the model of a bundle."""
    return OnnxSession((of.path / of.model_file).read_bytes(), of.name)


if __name__ == "__main__":
    main()
