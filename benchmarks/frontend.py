"""Speed of feature extraction from decoded audio, on one core: seconds of audio in a second.

Run by hand, on an otherwise idle machine: ``python benchmarks/frontend.py``
"""

import argparse
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from lightspeech import plugins
from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.evaluation import machine
from lightspeech.files import write_json

OUTPUT = Path("results/benchmarks/frontend.json")
BAR = 1_000
"""Times real time that every front end has to reach."""
SECONDS = 3.0
"""Length of an utterance."""
ROUNDS = 200
MODELS = "lightspeech.models"


def measure(cfg: MelConfig, rounds: int = ROUNDS) -> dict[str, Any]:
    """Time the extraction of one utterance of noise, again and again."""
    rng = np.random.default_rng(0)
    waveform = rng.uniform(-0.1, 0.1, round(SECONDS * cfg.sample_rate)).astype(np.float32)
    frontend.features(waveform, cfg)  # makes the tables
    durations = []
    for _ in range(rounds):
        begin = time.perf_counter()
        frontend.features(waveform, cfg)
        durations.append(time.perf_counter() - begin)
    median, p95 = SECONDS / np.percentile(durations, (50, 95))
    return {
        "kind": cfg.kind,
        "n_fft": cfg.n_fft,
        "hop_length": cfg.hop_length,
        "times_real_time": {"median": round(float(median)), "p95": round(float(p95))},
    }


def main() -> None:
    """Measure the front end of every model and write one file."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core, matrix products too
    found = {}
    for name in plugins.names(MODELS):
        front = plugins.load(MODELS, name).FRONTEND
        if not isinstance(front, MelConfig):  # an encoder is no table look-up
            continue
        found[name] = measure(front)
        print(f"{name}: {found[name]['times_real_time']} x real time, bar {BAR}")
    write_json(OUTPUT, {"machine": machine.describe(), "bar": BAR, "frontends": found})


if __name__ == "__main__":
    main()
