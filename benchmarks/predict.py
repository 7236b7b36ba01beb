"""Real-time factor of predict on one thread: from a decoded waveform to its answer.

Run by hand, on an otherwise idle machine: ``python benchmarks/predict.py BUNDLE…``
"""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from lightspeech import bundle
from lightspeech.audio.windows import Waveform
from lightspeech.evaluation import machine
from lightspeech.files import write_json
from lightspeech.inference.backends import onnx
from lightspeech.inference.predictor import Predictor
from lightspeech.inference.recognize import recognize

OUTPUT = Path("results/benchmarks/predict.json")
N_UTTERANCES = 200
WARM_UP = 10
SECONDS = (2.0, 5.0)
"""Shortest and longest utterance: those of acted corpora. What is said does not change the time."""


def utterances(sample_rate: int) -> list[Waveform]:
    """Make noise of speech-like lengths, seeded."""
    rng = np.random.default_rng(0)
    lengths = rng.uniform(*SECONDS, N_UTTERANCES) * sample_rate
    return [rng.uniform(-0.1, 0.1, int(length)).astype(np.float32) for length in lengths]


def measure(predictor: Predictor) -> dict[str, Any]:
    """Time every utterance; the factor is seconds of work by second of audio."""
    made = predictor.bundle
    waveforms = utterances(made.sample_rate)
    for waveform in waveforms[:WARM_UP]:
        recognize(predictor, waveform)
    factors, latencies_ms = [], []
    for waveform in waveforms:
        begin = time.perf_counter()
        recognize(predictor, waveform)
        seconds = time.perf_counter() - begin
        factors.append(seconds / (len(waveform) / made.sample_rate))
        latencies_ms.append(1000 * seconds)
    return {
        "n_params": made.model["n_params"],
        "size_bytes": made.size_bytes,
        "n_utterances": len(waveforms),
        "rtf": _spread(factors, 6),
        "latency_ms": _spread(latencies_ms, 3),
    }


def _spread(values: list[float], digits: int) -> dict[str, float]:
    median, p95 = np.percentile(values, (50, 95))
    return {"median": round(float(median), digits), "p95": round(float(p95), digits)}


def main(folders: list[str]) -> None:
    """Measure bundles and write one file."""
    if not folders:
        sys.exit("which bundle? type: python benchmarks/predict.py BUNDLE…")
    models = {}
    for folder in folders:
        made = bundle.read(Path(folder))
        models[made.name] = measure(onnx.open(made, threads=1))
        print(f"{made.name}: real-time factor {models[made.name]['rtf']}")
    write_json(OUTPUT, {"machine": machine.describe(), "threads": 1, "models": models})


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit(__doc__)
    main(sys.argv[1:])
