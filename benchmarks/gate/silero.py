"""Silero's voice activity detector, called as it wants to be; its package is not imported.

It brings torch and sets its threads, so that only its network is taken from where it is installed.
Every step takes 512 samples and the 64 before them, and a state; with less it says *no speech*.
"""

from functools import lru_cache
from importlib.metadata import distribution

import numpy as np
import onnxruntime

from lightspeech.audio.windows import Waveform

STEP, CONTEXT = 512, 64
RATE = 16_000
FILE = "silero_vad/data/silero_vad.onnx"


@lru_cache(maxsize=1)
def _session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    path = str(distribution("silero-vad").locate_file(FILE))
    return onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])


def version() -> str:
    """Tell which one is installed."""
    return distribution("silero-vad").version


def probabilities(waveforms: list[Waveform]) -> list[np.ndarray]:
    """Hear recordings beside each other; of each step of each the probability of speech."""
    sizes = [-(-len(waveform) // STEP) for waveform in waveforms]
    padded = np.zeros((len(waveforms), CONTEXT + max(sizes) * STEP), np.float32)
    for row, waveform in zip(padded, waveforms, strict=True):
        row[CONTEXT : CONTEXT + len(waveform)] = waveform
    state = np.zeros((2, len(waveforms), 128), np.float32)
    answers = []
    for at in range(0, max(sizes) * STEP, STEP):
        inputs = {"input": padded[:, at : at + CONTEXT + STEP], "state": state,
                  "sr": np.array(RATE, np.int64)}  # fmt: skip
        answer, state = _session().run(None, inputs)
        answers.append(answer[:, 0])
    joined = np.stack(answers, axis=1)
    return [row[:size] for row, size in zip(joined, sizes, strict=True)]
