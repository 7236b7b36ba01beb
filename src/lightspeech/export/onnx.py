"""ONNX with the front end inside: waveform in, probabilities out, batch and length dynamic."""

import logging
import warnings

import onnxslim
import torch
from torch import Tensor, nn

from lightspeech import bundle
from lightspeech.bundle import Bundle
from lightspeech.data.frontend import FrontEndLayer
from lightspeech.errors import BundleError
from lightspeech.training.run import Run

OPSET = 18


class Recognizer(nn.Module):
    """Front end, network, temperature and softmax: what a bundle holds."""

    def __init__(self, done: Run) -> None:
        """Take a finished run."""
        super().__init__()
        self.frontend = FrontEndLayer(done.config.frontend)
        self.network = done.network
        self.temperature = done.temperature

    def forward(self, waveform: Tensor) -> Tensor:
        """Waveforms, shape ``(batch, samples)``, to probabilities, ``(batch, n_classes)``."""
        logits = self.network(self.frontend(waveform))
        return torch.softmax(logits / self.temperature, dim=1)


def export(done: Run, to: Bundle) -> Bundle:
    """Write a run as an ONNX bundle.

    Args:
        done: the run.
        to: what the bundle is to say, and its folder.

    Returns:
        The bundle with the model's hash and size.

    Raises:
        OutputError: if the folder cannot be written.
    """
    return bundle.write(to, to_bytes(done))


def to_bytes(done: Run) -> bytes:
    """Export a run to one self-contained ONNX model."""
    front = done.config.frontend
    example = torch.zeros(2, round(done.config.windows.window_s * front.sample_rate))
    sizes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("samples", min=front.n_fft)}
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)  # it tells of packages that nobody needs here
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                Recognizer(done).eval(),
                (example,),
                dynamo=True,
                opset_version=OPSET,
                dynamic_shapes=(sizes,),
                input_names=["waveform"],
                output_names=["probabilities"],
                verbose=False,
            )
    finally:
        exporter.setLevel(level)
    if program is None:
        raise BundleError(f"{done.config.model.name}: ONNX export gave no model")
    data: bytes = onnxslim.slim(program.model_proto).SerializeToString()
    return data
