"""The integer arithmetic of an int8 network as an ONNX file, and its answers: what is measured."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from lightspeech.models import int8_graph, onnx_export
from lightspeech.models.contract import SpeechModel
from lightspeech.models.int8 import Int8Network, convert
from lightspeech.quiet import muted
from lightspeech.runtime.onnx_session import OnnxSession

INPUT, OUTPUT = "features", "logits"


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
        """Logits of features.

        Args:
            features: shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        standardized = cast(SpeechModel, self.outer).standardize(features)
        logits: Tensor = self.converted(standardized)
        return logits


def to_bytes(network: Int8Network, example: Tensor) -> bytes:
    """Export features to logits, batch dynamic.

    Args:
        network: with its ranges.
        example: features of one window, shape ``(1, frames, n_features)``.

    Raises:
        MissingExtra: if the packages of ONNX are not installed.
        BundleError: if the exporter gives nothing.
    """
    features = torch.zeros(2, *example.shape[1:])
    model = _exported(Converted(network), features, {0: torch.export.Dim("batch")})
    int8_graph.fuse(model)
    data: bytes = model.SerializeToString()
    return data


def _exported(network: nn.Module, features: Tensor, sizes: dict[int, Any]) -> Any:
    """Export features to logits; ``sizes`` of the input stay open."""
    return onnx_export.exported(
        network, [features], (sizes,), inputs=[INPUT], output=OUTPUT, name="an int8 network"
    )


def dynamic(
    model: Any, excluded: Sequence[str] = (), kinds: Sequence[str] = ("MatMul", "Gemm")
) -> bytes:
    """Make the weights of all products of an ONNX model 8 bits for each output channel.

    What a product reads is 8 bits by a scale of the moment (``DynamicQuantizeLinear``).

    Args:
        model: in floats.
        excluded: names of the nodes that stay so.
        kinds: operators whose weights become int8.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with muted(), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        quantize_dynamic(
            model,
            file,
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=list(kinds),
            nodes_to_exclude=list(excluded),
        )
        made = onnx.load_model(file)
    int8_graph.make_products_unsigned(made)
    data: bytes = made.SerializeToString()
    return data


def head_to_bytes(network: nn.Module, n_features: int) -> bytes:
    """Export what stands on an encoder, hidden states to logits, with `dynamic` int8 products.

    Args:
        network: in evaluation mode; batch and length of its input, ``(batch, frames, n_features)``,
            stay open.
        n_features: numbers a frame.

    Raises:
        MissingExtra: if the packages of ONNX are not installed.
        BundleError: if the exporter gives nothing.
    """
    sizes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("frames", min=2)}
    return dynamic(_exported(network, torch.zeros(2, 150, n_features), sizes))


class OnnxNetwork(nn.Module):
    """An ONNX file that answers like a network, on onnxruntime."""

    def __init__(self, model: bytes, *, threads: int = 1) -> None:
        """Load what `to_bytes` gave.

        Args:
            model: content of the file.
            threads: that one operation may take.

        Raises:
            BundleError: see `OnnxSession`.
        """
        super().__init__()
        self.session = OnnxSession(model, "int8 network", threads=threads)

    def forward(self, features: Tensor) -> Tensor:
        """Logits of features.

        Args:
            features: shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        return torch.from_numpy(self.session.run(OUTPUT, {INPUT: features.numpy()}))
