"""ONNX with the front end inside: waveform in, probabilities out; fp32, fp16, or int8 as trained.

A model that knows its speaker takes features, since their voice is taken out before it.

Batch and length are dynamic; an int8 network was prepared for one window, so its length is fixed.
"""

import copy

import torch
from torch import Tensor, nn

from lightspeech.errors import BundleError, ConfigError, MissingExtra
from lightspeech.export import _encoded
from lightspeech.export._bundled import exporter
from lightspeech.frontends.mel_layer import FrontEndLayer
from lightspeech.models.int8 import Int8Network
from lightspeech.models.int8_onnx import OPSET, Converted
from lightspeech.quiet import silent
from lightspeech.training.run import Run

MODEL_FILE = "model.onnx"
WAVEFORM, FEATURES, OUTPUT = "waveform", "features", "probabilities"


class Recognizer(nn.Module):
    """Front end, network, temperature and softmax: what a bundle holds."""

    def __init__(self, done: Run, *, half: bool = False, front_end: bool = True) -> None:
        """Take a finished run; an int8 run brings its integers.

        Args:
            done: the run.
            half: weights and activations of the network in 16 bits; the front end's range needs 32.
            front_end: False: features come from outside.

        Raises:
            ConfigError: if half precision is asked of an int8 run.
        """
        super().__init__()
        self.frontend = FrontEndLayer(done.config.frontend) if front_end else nn.Identity()
        self.network = done.network
        if isinstance(done.network, Int8Network):
            if half:
                raise ConfigError("this run is int8 already; export the run that it was made of")
            self.network = Converted(done.network)
        elif half:
            self.network = copy.deepcopy(done.network).half()
        self.half_precision, self.temperature = half, done.temperature

    def forward(self, heard: Tensor) -> Tensor:
        """Waveforms, ``(batch, samples)``, or features, to probabilities."""
        features = self.frontend(heard)
        logits = self.network(features.half() if self.half_precision else features)
        return torch.softmax(logits.float() / self.temperature, dim=1)


def to_bytes(done: Run, *, half: bool = False, front_end: bool = True) -> bytes:
    """Export a run to one self-contained ONNX model; see `Recognizer` for the choices.

    A model on an encoder has none: it is whole, and int8 as far as its encoder is.

    Raises:
        ConfigError: if half precision is asked of an int8 run, or the encoder is none of ours.
        MissingExtra: if the packages of ONNX are not installed.
        BundleError: if the exporter gives nothing.
    """
    try:
        import onnxslim
    except ModuleNotFoundError:
        raise MissingExtra("ONNX export", "export") from None
    if done.config.encoder is not None:
        return _encoded.to_bytes(done)
    front = done.config.frontend
    front_end = front_end and done.config.normalisation == "training"
    samples, _ = done.config.windows.samples(front.sample_rate)
    frames = front.n_frames(samples)
    shape = (2, samples) if front_end else (2, frames, front.n_features)
    sizes = {0: torch.export.Dim("batch")}
    if not isinstance(done.network, Int8Network):
        least = front.n_fft if front_end else 1
        sizes[1] = torch.export.Dim("samples" if front_end else "frames", min=least)
    recognizer = Recognizer(done, half=half, front_end=front_end)
    with silent():
        program = torch.onnx.export(
            recognizer.train(False),
            (torch.zeros(shape),),
            dynamo=True,
            opset_version=OPSET,
            dynamic_shapes=(sizes,),
            input_names=[WAVEFORM if front_end else FEATURES],
            output_names=[OUTPUT],
            verbose=False,
        )
        if program is None:
            raise BundleError(f"{done.config.model.name}: ONNX export gave no model")
        data: bytes = onnxslim.slim(program.model_proto).SerializeToString()
    return data


export = exporter(to_bytes, MODEL_FILE, knows_speaker=True)
