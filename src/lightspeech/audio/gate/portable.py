"""The voice gate for whoever has not this package: its numbers, and its graph."""

from importlib.resources import files
from typing import Any

import numpy as np

from lightspeech.audio.gate.bands import (
    CELL,
    COARSE,
    DECAY,
    FLOOR,
    MEL,
    NOTHING,
    RANGE,
    STEPS,
    pooling,
)
from lightspeech.audio.gate.listening import HOLD, LEAST_RUN, LEAST_S
from lightspeech.audio.gate.network import DELAY, LARGEST, weights

GRAPH = "gate.onnx"
"""The whole gate for whoever has ONNX Runtime and not this package; see `graph`."""


def described() -> dict[str, Any]:
    """Tell all that a program in another language needs to be this gate, as JSON has it."""
    learnt = weights()
    bands = [np.flatnonzero(band) for band in pooling().T]
    return {
        "sample_rate": MEL.sample_rate, "n_fft": MEL.n_fft, "cell": CELL, "floor": FLOOR,
        "steps": STEPS, "coarse": COARSE, "range": RANGE, "decay": DECAY, "nothing": NOTHING,
        "largest": LARGEST, "delay": DELAY, "hold": HOLD, "least_s": LEAST_S,
        "least_run": LEAST_RUN, "threshold": learnt.threshold,
        "bands": [
            {"first": int(band[0]), "weights": pooling()[band, n].tolist()}
            for n, band in enumerate(bands)
        ],
        "layers": [
            {
                "weights": layer.weights.tolist(), "bias": layer.bias.tolist(),
                "shift": layer.shift.tolist(), "dilation": layer.dilation,
            }
            for layer in learnt.layers
        ],
    }  # fmt: skip


def graph() -> bytes:
    """Read the gate as ONNX: one file from recordings to their share of speech.

    Returns:
        A model that takes ``waveform``, float32, shape ``(batch, samples)``, −1…1 at `MEL`'s sample
        rate, of one sample or more; it gives ``scores``, int32, shape ``(batch, cells)``, of each
        `CELL` samples, and ``speech``, float32, shape ``(batch,)``: 0, where nobody speaks, to 1.
    """
    return files(__package__).joinpath(GRAPH).read_bytes()
