"""LiteRT: waveform in, probabilities out, one window; fp32, or int8 with the trained scales.

The front end is inside, in floats, as matrix products. For TFLite Micro and the C code the int8
network goes alone, standardized int8 features in and int8 logits out: `int8_tflite`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from lightspeech.export import _litert_torch, int8_tflite
from lightspeech.export._bundled import exporter
from lightspeech.export._bundled import never as rewrite  # noqa: F401
from lightspeech.frontends.mel_products import MelProducts
from lightspeech.models.contract import SpeechModel
from lightspeech.models.int8 import Int8Network, convert
from lightspeech.quiet import muted
from lightspeech.training.run import Run

HOLDS = ("mel",)
"""Front ends that it can write."""
KNOWS_SPEAKER = False
"""Whether it writes a network that takes features without a voice."""
TAKES = ("fp32", "int8")
"""Number formats of the runs it takes."""
SUFFIX = ".tflite"
"""Of its model file."""
PREFIXED = False
"""Whether it has names of C, which a prefix can tell from those of another model."""
RATES = False
"""Whether it writes a model that tells ratings in place of classes."""
MODEL_FILE = f"model{SUFFIX}"


class Recognizer(nn.Module):
    """Front end, network, temperature and softmax, of operations that LiteRT has."""

    def __init__(self, run: Run) -> None:
        """Take a finished run; an int8 run brings its integers."""
        super().__init__()
        self.frontend = MelProducts(run.config.frontend.config)
        self.network, self.temperature = run.network, run.temperature
        if isinstance(run.network, Int8Network):
            self.network = _Integers(run.network)

    def forward(self, waveform: Tensor) -> Tensor:
        """Turn ``waveform``, ``(batch, samples)``, into probabilities, ``(batch, n_classes)``."""
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


def to_bytes(run: Run) -> bytes:
    """Convert a run, front end and all, for a batch of one window.

    Raises:
        MissingExtra: if litert-torch is not installed.
    """
    samples, _ = run.config.windows.samples(run.config.front.sample_rate)
    recognizer = Recognizer(run).train(False)
    quantized = isinstance(run.network, Int8Network)
    return _litert_torch.convert(recognizer, torch.zeros(1, samples), quantized=quantized)


def network_alone(run: Run, folder: Path, threads: int) -> Callable[[], object] | None:
    """Give what runs the network alone on LiteRT, to be timed.

    An int8 network of int8 input: what is in it takes no part in how long it takes.

    Args:
        run: its network.
        folder: of the run.
        threads: that LiteRT may take.

    Returns:
        Answers one window; None where the network is not int8, or LiteRT is not installed.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ModuleNotFoundError:
        return None
    if not isinstance(run.network, Int8Network):
        return None
    with muted():
        interpreter = Interpreter(model_content=int8_tflite.to_bytes(run), num_threads=threads)
        interpreter.allocate_tensors()
    called: Callable[[], object] = interpreter.invoke
    return called


export = exporter(to_bytes, MODEL_FILE)
