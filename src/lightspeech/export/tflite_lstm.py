"""Writes LSTM layers into a ``.tflite`` file, each as one UNIDIRECTIONAL_SEQUENCE_LSTM.

The converter unrolls a layer into an operation a frame and step, with concatenations that TFLite
Micro refuses. So it is given a matrix product of the same shapes, whose place gets the layer.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from torch import nn

from lightspeech.errors import BundleError
from lightspeech.export import tflite_write

Array = npt.NDArray[Any]
NONE = -1
GATES = ("input", "forget", "cell", "output")
SUM_SCALE = 2.0**-12


def put_in(model: bytes, network: nn.Module) -> bytes:
    """Put the LSTM layers of a converted network where matrix products stand in for them.

    Args:
        model: the ``.tflite`` file of the network.
        network: with a `StandIn` for each int8 layer; without any the file stays as it is.

    Raises:
        BundleError: if the converter has made something else of one.
    """
    layers = [m.integers for m in network.modules() if hasattr(m, "integers")]
    if not layers:
        return model
    from ai_edge_litert import schema_py_generated as schema

    parsed = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    kind = schema.BuiltinOperator.UNIDIRECTIONAL_SEQUENCE_LSTM
    code = tflite_write.code(parsed, schema, kind, 1)
    for integers in layers:
        _put_in(parsed, schema, code, integers)
    return tflite_write.packed(parsed)


def _put_in(model: Any, schema: Any, code: int, integers: Any) -> None:
    operators = model.subgraphs[0].operators
    gates = [np.split(w.numpy().astype(np.int8), 4) for w in integers.weights]
    place = next((n for n, each in enumerate(operators) if _holds(model, each, gates[0][0])), None)
    if place is None:
        raise BundleError("the converter left no place for an LSTM layer; export as onnx")
    source, *_ = operators[place].inputs
    inputs = [source, *_weights(model, schema, integers, gates), *_states(model, schema, integers)]
    options = schema.UnidirectionalSequenceLSTMOptionsT()
    options.fusedActivationFunction = schema.ActivationFunctionType.TANH
    layer = tflite_write.operator(schema, code, inputs, operators[place].outputs, options)
    layer.intermediates = _intermediates(model, schema, integers)
    operators[place] = layer


def _holds(model: Any, operator: Any, weights: Array) -> bool:
    """Whether an operation is the product by these weights."""
    if len(operator.inputs) != 3:
        return False
    tensor = model.subgraphs[0].tensors[operator.inputs[1]]
    data = model.buffers[tensor.buffer].data
    return data is not None and np.asarray(data, np.uint8).tobytes() == weights.tobytes()


def _weights(model: Any, schema: Any, integers: Any, gates: list[list[Array]]) -> list[int]:
    """Of input and hidden state, then what is left out, then the biases: inputs 1 to 17."""
    weights = [
        tflite_write.tensor(model, schema, f"{name}_{gate}", each, quantized=(float(scale), 0))
        for name, parts, scales in zip(("input", "hidden"), gates, integers.scales, strict=True)
        for gate, each, scale in zip(GATES, parts, scales, strict=True)
    ]
    product = [float(integers.source[0] * scale) for scale in integers.scales[0]]
    biases = [
        tflite_write.tensor(model, schema, f"bias_{gate}", each, quantized=(scale, 0))
        for gate, each, scale in zip(
            GATES, integers.bias.numpy().astype(np.int32), product, strict=True
        )
    ]
    return [*weights, *3 * [NONE], *biases, *2 * [NONE]]


def _states(model: Any, schema: Any, integers: Any) -> list[int]:
    """Hidden and cell state, which the runtime keeps, and no norms: inputs 18 to 23."""
    units = integers.bias.shape[1]
    hidden, cell = np.zeros((1, units), np.int8), np.zeros((1, units), np.int16)
    return [
        tflite_write.tensor(
            model, schema, "hidden", hidden, quantized=integers.hidden, role="state"
        ),
        tflite_write.tensor(
            model, schema, "cell", cell, quantized=(integers.cell_scale, 0), role="state"
        ),
        *4 * [NONE],
    ]


def _intermediates(model: Any, schema: Any, integers: Any) -> list[int]:
    """Scales that LiteRT's kernel looks up: of sums of gates, of no use here, and of the output."""
    of_sums = [(f"sum_{gate}", np.int16, (SUM_SCALE, 0)) for gate in GATES]
    return [
        tflite_write.tensor(
            model, schema, name, np.zeros(0, dtype), quantized=quantized, role="scale"
        )
        for name, dtype, quantized in (*of_sums, ("output", np.int8, integers.hidden))
    ]
