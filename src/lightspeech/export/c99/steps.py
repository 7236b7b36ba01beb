"""Turns each operation of an int8 graph into calls of C99 kernels."""

from collections.abc import Callable
from dataclasses import replace

from lightspeech.export.c99.elements import (
    concatenation,
    padding,
    pair,
    reduction,
    rescale,
    slice,
    transposition,
)
from lightspeech.export.c99.layer import Layer, Step
from lightspeech.export.c99.recurrent import lstm
from lightspeech.export.c99.windows import convolution, depthwise, fully_connected, pool
from lightspeech.export.tflite_file import Graph

_LAYERS: dict[str, Callable[[Layer], list[Step]]] = {
    "ADD": pair,
    "AVERAGE_POOL_2D": pool,
    "CONCATENATION": concatenation,
    "CONV_2D": convolution,
    "DEPTHWISE_CONV_2D": depthwise,
    "FULLY_CONNECTED": fully_connected,
    "MAX_POOL_2D": pool,
    "MEAN": reduction,
    "MUL": pair,
    "PAD": padding,
    "QUANTIZE": rescale,
    "REDUCE_MAX": reduction,
    "SLICE": slice,
    "TRANSPOSE": transposition,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": lstm,
}


def steps(graph: Graph) -> list[Step]:
    """Turn every operation of a simplified graph into a step.

    Raises:
        BundleError: naming the first operation and layer that no kernel computes.
    """
    return [step for operation in graph.operations for step in _steps(Layer(graph, operation))]


def _steps(layer: Layer) -> list[Step]:
    kind = layer.operation.kind
    layer.refuse(kind not in _LAYERS, f"is not among {', '.join(_LAYERS)}")
    layer.refuse(len(layer.operation.outputs) != 1, "has not one output")
    tensors = [layer.tensor(0), layer.out]
    for tensor in tensors:
        layer.refuse(
            tensor.dtype != "int8" or len(tensor.scales) != 1,
            f"takes or gives {tensor.dtype} with {len(tensor.scales)} scales, not int8 with one",
        )
        layer.refuse(not -128 <= tensor.zeros[0] <= 127, f"has zero point {tensor.zeros[0]}")
        layer.refuse(len(tensor.shape) > 4, f"has {len(tensor.shape)} axes, more than 4")
    shapes = " -> ".join("x".join(map(str, tensor.shape)) for tensor in tensors)
    title = f"{kind} {shapes}"
    return [replace(step, title=title) for step in _LAYERS[kind](layer)]
