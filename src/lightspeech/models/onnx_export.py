"""A network as an ONNX graph: exported by torch, then made slim."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lightspeech.errors import BundleError, MissingExtra
from lightspeech.quiet import muted

OPSET = 18
"""onnxruntime 1.27 to 1.31 load no int8 model of 21 or later in which something is turned behind a
DequantizeLinear: they write a QuantizeLinear themselves, whose types they then refuse."""
MISTAKEN = ["FusionConvMul"]
"""Left out: onnxslim 0.1.98 takes a factor for each band for one of each channel, where there are
as many of both, and the model answers something else."""


def exported(
    network: nn.Module,
    examples: Sequence[Tensor],
    sizes: tuple[Any, ...],
    *,
    inputs: Sequence[str],
    output: str,
    name: str,
) -> Any:
    """Export a network in evaluation mode.

    Args:
        network: to export.
        examples: of each of its inputs, any shape.
        sizes: which axes stay open, as ``torch.onnx.export`` takes them: `torch.export.Dim` by
            axis for each parameter, a tuple of such for ``*parameters``.
        inputs: names of these.
        output: name of what it gives.
        name: of the model, for messages.

    Returns:
        The ONNX model.

    Raises:
        MissingExtra: if the packages of ONNX are not installed.
        BundleError: if the exporter gives nothing.
    """
    try:
        import onnxslim
    except ModuleNotFoundError:
        raise MissingExtra("ONNX export", "export") from None
    with muted():
        program = torch.onnx.export(
            network,
            tuple(examples),
            dynamo=True,
            opset_version=OPSET,
            dynamic_shapes=sizes,
            input_names=list(inputs),
            output_names=[output],
            verbose=False,
        )
        if program is None:
            raise BundleError(f"{name}: ONNX export gave no model")
        return onnxslim.slim(program.model_proto, skip_fusion_patterns=MISTAKEN)
