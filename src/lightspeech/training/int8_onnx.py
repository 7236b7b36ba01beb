"""The integer arithmetic of an int8 network as an ONNX file, and its answers: what is measured."""

from typing import cast

import onnxruntime
import torch
from torch import Tensor, nn

from lightspeech.errors import BundleError, MissingExtra
from lightspeech.models._base import SpeechModel
from lightspeech.quiet import silent
from lightspeech.training.int8 import Int8Network, convert

OPSET = 18
INPUT, OUTPUT = "features", "logits"
NAME = "int8.onnx"
"""Beside the weights of an int8 run."""


class Converted(nn.Module):
    """Standardization in floats, then integers."""

    def __init__(self, network: Int8Network) -> None:
        """Convert a network that has its ranges; it stays as it is."""
        super().__init__()
        self.outer, self.converted = network.outer, convert(network, fold_weights=True)

    def train(self, mode: bool = True) -> "Converted":
        """Change nothing: a converted graph has no modes."""
        return self

    def forward(self, features: Tensor) -> Tensor:
        """Logits, shape ``(batch, n_classes)``."""
        standardized = cast(SpeechModel, self.outer).standardize(features)
        logits: Tensor = self.converted(standardized)
        return logits


def to_bytes(network: Int8Network, frames: int, n_features: int) -> bytes:
    """Export features to logits, batch dynamic.

    Raises:
        MissingExtra: if the packages of ONNX are not installed.
        BundleError: if the exporter gives nothing.
    """
    try:
        import onnxslim
    except ModuleNotFoundError:
        raise MissingExtra("int8 ONNX", "export") from None
    with silent():
        program = torch.onnx.export(
            Converted(network),
            (torch.zeros(2, frames, n_features),),
            dynamo=True,
            opset_version=OPSET,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            input_names=[INPUT],
            output_names=[OUTPUT],
            verbose=False,
        )
        if program is None:
            raise BundleError("ONNX export of an int8 network gave no model")
        data: bytes = onnxslim.slim(program.model_proto).SerializeToString()
    return data


class OnnxNetwork(nn.Module):
    """An ONNX file that answers like a network, on onnxruntime."""

    def __init__(self, model: bytes, *, threads: int = 1) -> None:
        """Load what `to_bytes` gave."""
        super().__init__()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        self.session = onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])

    def forward(self, features: Tensor) -> Tensor:
        """Logits, shape ``(batch, n_classes)``."""
        [logits] = self.session.run([OUTPUT], {INPUT: features.numpy()})
        return torch.from_numpy(logits)
