"""LiteRT: waveform in, probabilities out, one window; fp32, or int8 with the trained scales.

The front end is inside, in floats, as matrix products. For TFLite Micro and the C code the int8
network goes alone, standardized int8 features in and int8 logits out: `_int8_tflite`.
"""

from typing import cast

import torch
from torch import Tensor, nn

from lightspeech.export import _litert_torch
from lightspeech.export._bundled import exporter
from lightspeech.frontends.mel_products import FrontEndProducts
from lightspeech.models.contract import SpeechModel
from lightspeech.models.int8 import Int8Network, convert
from lightspeech.training.run import Run

MODEL_FILE = "model.tflite"


class Recognizer(nn.Module):
    """Front end, network, temperature and softmax, of operations that LiteRT has."""

    def __init__(self, done: Run) -> None:
        """Take a finished run; an int8 run brings its integers."""
        super().__init__()
        self.frontend = FrontEndProducts(done.config.frontend)
        self.network, self.temperature = done.network, done.temperature
        if isinstance(done.network, Int8Network):
            self.network = _Integers(done.network)

    def forward(self, waveform: Tensor) -> Tensor:
        """Waveforms, shape ``(batch, samples)``, to probabilities, ``(batch, n_classes)``."""
        logits = self.network(self.frontend(waveform))
        return torch.softmax(logits / self.temperature, dim=1)


class _Integers(nn.Module):
    """A converted network whose weights LiteRT rounds itself, by the trained scales."""

    def __init__(self, network: Int8Network) -> None:
        super().__init__()
        self.outer, self.converted = network.outer, convert(network, fold_weights=False)

    def train(self, mode: bool = True) -> "_Integers":
        return self  # a converted graph has no modes

    def forward(self, features: Tensor) -> Tensor:
        standardized = cast(SpeechModel, self.outer).standardize(features)
        logits: Tensor = self.converted(standardized)
        return logits


def to_bytes(done: Run) -> bytes:
    """Convert a run, front end and all, for a batch of one window.

    Raises:
        MissingExtra: if litert-torch is not installed.
    """
    front = done.config.frontend
    samples, _ = done.config.windows.samples(front.sample_rate)
    recognizer = Recognizer(done).train(False)
    quantized = isinstance(done.network, Int8Network)
    return _litert_torch.convert(recognizer, torch.zeros(1, samples), quantized=quantized)


export = exporter(to_bytes, MODEL_FILE)
