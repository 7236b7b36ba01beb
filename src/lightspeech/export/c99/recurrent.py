"""LSTM layers as calls of a C99 kernel, and graphs that can hear one frame after the other.

Where LSTM layers come first and what follows reads their last frame alone, the code keeps their
states and is given frame by frame; a window is no more than that from zero states on.
"""

from dataclasses import dataclass, replace
from math import log2

import numpy as np

from lightspeech.export.c99.layer import Layer, Step, factor, scale_of
from lightspeech.export.tflite_file import Graph, Tensor
from lightspeech.export.tflite_lstm_check import BIASES, CELL, HIDDEN, KIND, WEIGHTS, fault

SUM_SCALE, GATE_SCALE = 2.0**-12, 2.0**-15
STATE_BYTES = 3
"""Of a unit: its cell state of 16 bits, its hidden state of 8."""


def lstm(layer: Layer) -> list[Step]:
    """Go through the frames of a window, or of one frame."""
    why = fault(layer.graph, layer.operation)
    layer.refuse(why is not None, str(why))
    source, hidden = layer.tensor(0), layer.tensor(HIDDEN)
    frames, inputs, units = source.shape[1], source.shape[2], hidden.size
    cell = factor(layer.tensor(CELL))
    fields = {
        "frames": frames, "inputs": inputs, "units": units,
        "hidden_zero": hidden.zeros[0], "tanh_shift": 12 + round(log2(cell)),
        **_products(layer, "input", WEIGHTS[:4], source, BIASES),
        **_products(layer, "hidden", WEIGHTS[4:], hidden, None),
        "kept": scale_of(layer, GATE_SCALE),
        "entered": scale_of(layer, GATE_SCALE**2 / cell),
        "out": scale_of(layer, GATE_SCALE**2 / factor(hidden)),
    }  # fmt: skip
    return [
        Step(
            kernel="lstm",
            struct="recurrence",
            layer=fields,
            inputs=layer.operation.inputs[:1],
            output=layer.operation.outputs[0],
            scratch=STATE_BYTES * units,
            macs=frames * 4 * units * (inputs + units),
        )
    ]


def _products(
    layer: Layer, name: str, places: range, source: Tensor, biases: range | None
) -> dict[str, object]:
    """Weights of the four gates, their biases and scales, of what ``source`` is multiplied with."""
    weights = [layer.tensor(place).data for place in places]
    whole = np.stack([np.asarray(each, np.int64) for each in weights])
    bias = np.zeros(whole.shape[:2], np.int64)
    if biases is not None:
        bias = np.stack([np.asarray(layer.tensor(place).data, np.int64) for place in biases])
    folded = bias - source.zeros[0] * whole.sum(2)
    products = [source.scales[0] * layer.tensor(place).scales[0] for place in places]  # floats
    scales = [scale_of(layer, float(product) / SUM_SCALE) for product in products]
    # With every product at its largest, and shifted to the left: no sum can leave 32 bits, doubled.
    largest = (np.abs(folded) + 128 * np.abs(whole).sum(2)).max(1)
    pairs = zip(largest.tolist(), scales, strict=True)
    wide = any(n << max(scale["shift"], 0) >= 2**30 for n, scale in pairs)
    layer.refuse(wide, "can overflow 32 bits; train with smaller weights")
    return {
        f"{name}_weights": whole.astype(np.int8),
        f"{name}_bias": folded.astype(np.int32),
        f"{name}_scale": scales,
    }


@dataclass(frozen=True)
class ByFrame:
    """A graph that is given one frame after the other.

    Attributes:
        graph: of one frame, its recurrent layers first; its input, a window, is read by none of
            them: the first is given another tensor, a frame.
        n_layers: how many layers those are.
        n_frames: of a window.
    """

    graph: Graph
    n_layers: int
    n_frames: int


def by_frame(graph: Graph) -> ByFrame | None:
    """Make a graph one of single frames; None where that is not all it takes."""
    n_layers = 0
    last = graph.inputs[0]
    while n_layers < len(graph.operations) and _follows(graph, n_layers, last):
        last = graph.operations[n_layers].outputs[0]
        n_layers += 1
    if n_layers in (0, len(graph.operations)):
        return None
    after, users = graph.operations[n_layers], _users(graph, last)
    n_frames = graph.tensors[last].shape[1]
    if users != 1 or not _takes_last(graph, n_layers, last, n_frames):
        return None
    tensors, layers = list(graph.tensors), list(graph.operations[:n_layers])
    for operation in layers:
        [place] = operation.outputs
        tensors[place] = replace(tensors[place], shape=(1, 1, tensors[place].shape[2]))
    window = tensors[graph.inputs[0]]
    tensors.append(replace(window, name="frame", shape=(1, 1, window.shape[2])))
    layers[0] = replace(layers[0], inputs=(len(tensors) - 1, *layers[0].inputs[1:]))
    rest = [
        replace(each, inputs=tuple(last if i == after.outputs[0] else i for i in each.inputs))
        for each in graph.operations[n_layers + 1 :]
    ]
    outputs = tuple(last if i == after.outputs[0] else i for i in graph.outputs)
    single = replace(graph, tensors=tuple(tensors), operations=(*layers, *rest), outputs=outputs)
    return ByFrame(single, n_layers, n_frames)


def _follows(graph: Graph, number: int, source: int) -> bool:
    operation = graph.operations[number]
    return operation.kind == KIND and operation.inputs[0] == source and _users(graph, source) == 1


def _users(graph: Graph, place: int) -> int:
    return sum(operation.inputs.count(place) for operation in graph.operations)


def _takes_last(graph: Graph, number: int, source: int, n_frames: int) -> bool:
    """Whether an operation gives the last frame of a sequence."""
    operation = graph.operations[number]
    if operation.kind != "SLICE" or operation.inputs[0] != source:
        return False
    begin = graph.tensors[operation.inputs[1]].data
    out = graph.tensors[operation.outputs[0]].shape
    units = graph.tensors[source].shape[2]
    return begin is not None and begin.tolist() == [0, n_frames - 1, 0] and out == (1, 1, units)
