"""LiteRT: waveform in, probabilities out, one window; fp32, or int8 with the trained scales.

The front end is inside, in floats, as matrix products. For TFLite Micro and the C code the int8
network goes alone, standardized int8 features in and int8 logits out: `int8_tflite`. Of a small
encoder, and of the head up to its statistics, products have int8 weights: `tflite_weights`.
"""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from lightspeech import bundle as bundles
from lightspeech.bundle import Bundle
from lightspeech.export import _litert_torch, int8_tflite, recover_encoder, tflite_weights
from lightspeech.export._bundled import exporter
from lightspeech.frontends.mel_products import MelProducts
from lightspeech.frontends.states import Pool
from lightspeech.frontends.whisper_blocks import WhisperBlocks
from lightspeech.frontends.whisper_log_mel import LogMel
from lightspeech.frontends.whisper_products import LogMelProducts
from lightspeech.models.contract import SpeechModel
from lightspeech.models.int8 import Int8Network, convert
from lightspeech.quiet import muted
from lightspeech.training.run import Run

HOLDS = ("mel", recover_encoder.FRONTEND)
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

    def __init__(self, frontend: nn.Module, run: Run) -> None:
        """Take a finished run; an int8 run brings its integers.

        Args:
            frontend: waveforms, shape ``(batch, samples)``, to what its network is given.
            run: the run.
        """
        super().__init__()
        self.frontend = frontend
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
        ConfigError: if its encoder is not there, or damaged.
        MissingExtra: if litert-torch is not installed.
        BundleError: see `tflite_weights.fold`.
    """
    if run.config.frontend.name == recover_encoder.FRONTEND:
        return _on_encoder(run, recover_encoder.of_run(run))
    return _converted(Recognizer(MelProducts(run.config.frontend.config), run), run)


def _on_encoder(run: Run, encoder: WhisperBlocks) -> bytes:
    """Convert a run behind its encoder; what reads one vector a window stays in floats."""
    assert isinstance(encoder.log_mel, LogMel)
    encoder.log_mel = LogMelProducts(encoder.log_mel)
    head = copy.deepcopy(run.network)
    for network, parts in ((encoder, ("stem", "blocks")), (head, ("pretrained", "pooling"))):
        for part in parts:
            tflite_weights.rounded(network.get_submodule(part))
    front = nn.Sequential(encoder, Pool(run.config.frontend.config.pool_s))
    return tflite_weights.fold(_converted(Recognizer(front, replace(run, network=head)), run))


def _converted(recognizer: Recognizer, run: Run) -> bytes:
    samples, _ = run.config.windows.samples(run.config.front.sample_rate)
    quantized = isinstance(run.network, Int8Network)
    example = torch.zeros(1, samples)
    return _litert_torch.convert(recognizer.train(False), example, quantized=quantized)


def rewrite(source: Bundle, bundle: Bundle) -> Bundle | None:
    """Write a bundle whose ONNX file holds a small encoder.

    Args:
        source: a bundle of another format.
        bundle: what the new one is to say, and its folder.

    Returns:
        The bundle with the model's hash and size; None where the source holds no small encoder.

    Raises:
        BundleError: if its model is not the network that it describes.
        MissingExtra: if litert-torch, or what reads ONNX, is not installed.
        OutputError: if the folder cannot be written.
    """
    if not recover_encoder.holds(source):
        return None
    encoder, run = recover_encoder.of_bundle(source)
    model = _on_encoder(run, encoder)
    return bundles.write(replace(bundle, model_file=MODEL_FILE), model)


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
