"""Products with int8 weights in a ``.tflite`` file; what they read is int8 by scales of the moment.

litert-torch 0.10 keeps weights that are rounded in the graph as floats and rounds them whenever the
file runs. So the file is written again with the integers; and since the converter had not seen
plain floats, it has not multiplied the factors of a norm before a product into them, which would
round all of them anew.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.ao.quantization.fx import _decomposed  # noqa: F401 (makes its operators known)

from lightspeech.errors import BundleError
from lightspeech.export import tflite_write

LARGEST = 127
VERSION = 12
"""Of a FULLY_CONNECTED of floats by int8 weights with a scale for each output."""


class Rounded(nn.Module):
    """A product whose weights are int8 with a scale for each output."""

    def __init__(self, product: nn.Linear) -> None:
        """Take weights and bias; of weights that were int8 before the integers stay the same."""
        super().__init__()
        self.weight, self.bias = product.weight, product.bias
        largest = product.weight.detach().abs().amax(1)
        smallest = torch.finfo(torch.float32).tiny  # the scale of zeros alone
        self.scale = nn.Buffer((largest / LARGEST).clamp(min=smallest))
        self.zero = nn.Buffer(torch.zeros(len(largest), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        """Multiply by the rounded weights.

        Args:
            x: shape ``(..., n_in)``.

        Returns:
            Shape ``(..., n_out)``.
        """
        by = (self.scale, self.zero, 0, -LARGEST, LARGEST, torch.int8)
        operators = torch.ops.quantized_decomposed
        integers = operators.quantize_per_channel(self.weight, *by)
        return nn.functional.linear(x, operators.dequantize_per_channel(integers, *by), self.bias)


def rounded(network: nn.Module) -> nn.Module:
    """Round the weights of all products of a network, in place.

    Args:
        network: any; is given back, or what stands for it where it is a product itself.
    """
    for name, part in network.named_children():
        setattr(network, name, rounded(part))
    return Rounded(network) if isinstance(network, nn.Linear) else network


def fold(model: bytes) -> bytes:
    """Write the integers of rounded weights into a converted file, in place of their floats.

    Args:
        model: the ``.tflite`` file of a network with `Rounded` products.

    Raises:
        BundleError: if the converter has made something else of one.
    """
    from ai_edge_litert import schema_py_generated as schema

    parsed = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    graph, known = parsed.subgraphs[0], schema.BuiltinOperator
    kinds = [code.builtinCode for code in parsed.operatorCodes]
    code = tflite_write.code(parsed, schema, known.FULLY_CONNECTED, VERSION)
    integers: dict[int, int] = {}  # by the place of what is read instead
    left = []
    for operator in graph.operators:
        kind, source = kinds[operator.opcodeIndex], operator.inputs[0]
        if kind == known.QUANTIZE and parsed.buffers[graph.tensors[source].buffer].data is not None:
            integers[operator.outputs[0]] = _round(parsed, source, operator.outputs[0])
        elif kind == known.DEQUANTIZE and source in integers:
            integers[operator.outputs[0]] = integers[source]
        else:
            left.append(operator)
    for operator in left:
        if not integers.keys() & set(operator.inputs):
            continue
        if kinds[operator.opcodeIndex] != known.FULLY_CONNECTED:
            raise BundleError("the converter made no product of int8 weights; export as onnx")
        operator.opcodeIndex = code
        operator.inputs = [integers.get(place, place) for place in operator.inputs]
        operator.builtinOptions.asymmetricQuantizeInputs = True  # as ONNX and XNNPACK do
    graph.operators = left
    return tflite_write.packed(parsed)


def _round(model: Any, floats: int, integers: int) -> int:
    """Make a constant of a tensor that was computed; give its place."""
    source, made = (model.subgraphs[0].tensors[place] for place in (floats, integers))
    weights = np.asarray(model.buffers[source.buffer].data, np.uint8).view("<f4")
    scale = np.asarray(made.quantization.scale, np.float32)
    rounded = np.rint(weights.reshape(len(scale), -1) / scale[:, None]).clip(-LARGEST, LARGEST)
    model.buffers[source.buffer].data = rounded.astype(np.int8).view(np.uint8).ravel()
    made.buffer, source.buffer = source.buffer, 0
    return integers
