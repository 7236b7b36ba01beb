"""Does a network that was made again of an ONNX file answer as the file does?

Weights alone do not tell: what a bundle says of pooling or temperature is in no weight, and a file
may hold numbers that nobody trained.
"""

import copy
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from lightspeech.errors import BundleError
from lightspeech.export.onnx import OUTPUT, WAVEFORM
from lightspeech.frontends.states import SAMPLE_RATE
from lightspeech.models.base_lda import DOUBT
from lightspeech.runtime.onnx_session import OnnxSession
from lightspeech.training.run import Run

APART = 0.01
"""Mean difference of probabilities that int8 of the moment may make; that of ``base`` is 0.004."""
SOUNDS = 8
SURE = 1e9
"""In place of `DOUBT`: somebody always speaks."""


@torch.no_grad()
def require_alike(model: Any, run: Run, frontend: nn.Module) -> None:
    """Refuse a network that answers some sounds otherwise than the file that it is made of.

    Args:
        model: the parsed file; is changed, so that it doubts nothing.
        run: made of it.
        frontend: waveforms, shape ``(batch, samples)``, to what the network of the run is given.

    Raises:
        BundleError: if answers are too far apart, or one of both gives none.
    """
    from onnx import numpy_helper

    for table in model.graph.initializer:
        if table.name.endswith(DOUBT):
            table.CopyFrom(numpy_helper.from_array(np.array([SURE], np.float32), table.name))
    network = copy.deepcopy(run.network).eval()
    for name, table in network.named_parameters():
        if name.endswith(DOUBT):
            table.fill_(SURE)
    session = OnnxSession(model.SerializeToString(), "its model")
    samples, _ = run.config.windows.samples(run.config.front.sample_rate)
    heard = _sounds(samples)
    expected = np.concatenate([session.run(OUTPUT, {WAVEFORM: each[None]}) for each in heard])
    logits = network(frontend(torch.from_numpy(heard))) / run.temperature
    apart = np.abs(torch.softmax(logits, 1).numpy() - expected).mean()
    if not apart <= APART:  # of what is no number, too
        raise BundleError(f"made again it answers otherwise, by {apart:.3f} on average")


def _sounds(samples: int) -> npt.NDArray[np.float32]:
    """Syllables of tones in noise, each higher than the one before, shape ``(SOUNDS, samples)``."""
    time, rows = np.arange(samples) / SAMPLE_RATE, np.arange(SOUNDS)[:, None]
    tones = np.sin(2 * np.pi * 150 * 1.6**rows * time) * (np.sin(2 * np.pi * 3 * time + rows) > 0)
    noise = np.random.default_rng(0).normal(size=tones.shape)
    return (0.2 * tones + 0.02 * noise).astype(np.float32)
