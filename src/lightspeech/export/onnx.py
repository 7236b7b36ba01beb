"""ONNX with the front end inside: waveform in, probabilities out, batch and length dynamic."""

import io
import json
import logging
import warnings
from pathlib import Path
from typing import Any

import onnx
import onnxslim
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from lightspeech import bundle
from lightspeech.bundle import Bundle
from lightspeech.data.frontend import FrontEndLayer
from lightspeech.training import run
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
        to: what the bundle is to say; its folder, and what is not of the run itself.

    Raises:
        OutputError: if the folder cannot be written.
    """
    return bundle.write(to, to_bytes(done))


def to_bytes(done: Run) -> bytes:
    """Export a run to a self-contained ONNX model."""
    window = round(done.config.windows.window_s * done.config.frontend.sample_rate)
    example = torch.zeros(2, window)
    batch, samples = torch.export.Dim("batch"), torch.export.Dim("samples", min=2 * window // 3)
    program = torch.onnx.export(
        Recognizer(done).eval(),
        (example,),
        dynamo=True,
        opset_version=OPSET,
        dynamic_shapes=({0: batch, 1: samples},),
        input_names=["waveform"],
        output_names=["probabilities"],
        verbose=False,
    )
    return program.model_proto.SerializeToString()
