"""An LSTM layer of a file that is not what a kernel takes on trust, each fault edited in."""

from dataclasses import replace

import numpy as np
import pytest

from lightspeech.errors import BundleError
from lightspeech.export import tflite_check
from lightspeech.export.tflite_file import Graph, Operation, Tensor
from lightspeech.export.tflite_lstm_check import KIND

FRAMES, FEATURES, UNITS = 3, 2, 4
OPTIONS = {"activation": "tanh", "cell_clip": 0.0, "proj_clip": 0.0, "time_major": 0}
NEEDED = (*range(9), *range(12, 16), 18, 19)


def tensor(shape, dtype="int8", *, data=True, scale=0.5, **kind):
    values = np.zeros(shape, dtype) if data else None
    return Tensor("made", dtype, shape, np.array([scale], np.float32), (0,), 0, values, **kind)


def layer():
    """One layer, its inputs in order."""
    weights = [tensor((UNITS, FEATURES)) for _ in range(4)]
    weights += [tensor((UNITS, UNITS)) for _ in range(4)]
    biases = [tensor((UNITS,), "int32") for _ in range(4)]
    hidden = tensor((1, UNITS), data=False, is_state=True)
    cell = tensor((1, UNITS), "int16", data=False, scale=2.0**-11, is_state=True)
    source = tensor((1, FRAMES, FEATURES), data=False)
    out = tensor((1, FRAMES, UNITS), data=False)
    within = [tensor((0,), data=False) for _ in range(5)]
    tensors = (source, *weights, *biases, hidden, cell, out, *within)
    inputs = [-1] * 24
    for place, position in enumerate(NEEDED):
        inputs[position] = place
    operation = Operation(KIND, tuple(inputs), (15,), OPTIONS, tuple(range(16, 21)))
    return Graph(tensors, (operation,), (0,), (15,))


def edited(*, place=None, operation=None, **changes):
    graph = layer()
    if operation is not None:
        return replace(graph, operations=(replace(graph.operations[0], **operation),))
    tensors = list(graph.tensors)
    tensors[place] = replace(tensors[place], **changes)
    return replace(graph, tensors=tuple(tensors))


def test_a_layer_of_ours_is_let_through():
    tflite_check.check(layer())


@pytest.mark.parametrize("place", range(16))
def test_another_shape_type_or_scale_of_any_tensor_is_refused(place):
    before = layer().tensors[place]
    changes = (
        {"shape": (*before.shape, 2)},
        {"dtype": "float32"},
        {"scales": np.ones(2, np.float32), "zeros": (0, 0)},
        {"scales": np.zeros(0, np.float32), "zeros": ()},
    )
    for change in changes:
        with pytest.raises(BundleError, match=KIND):
            tflite_check.check(edited(place=place, **change))


@pytest.mark.parametrize("position", NEEDED)
def test_an_input_left_out_is_refused(position):
    inputs = list(layer().operations[0].inputs)
    inputs[position] = -1
    with pytest.raises(BundleError, match="is no plain layer"):
        tflite_check.check(edited(operation={"inputs": tuple(inputs)}))


@pytest.mark.parametrize(
    ("graph", "why"),
    [
        (edited(operation={"inputs": (0,) * 24}), "is no plain layer"),
        (edited(operation={"intermediates": (16, 17)}), "does not tell the scales within"),
        (edited(operation={"options": {**OPTIONS, "cell_clip": 10.0}}), "has options"),
        (edited(operation={"options": {**OPTIONS, "time_major": 1}}), "has options"),
        (edited(place=14, scales=np.array([0.001], np.float32)), "has cell states by 0.001"),
        (edited(place=14, scales=np.array([2.0**-8], np.float32)), "has cell states by 0.0039"),
        (edited(place=13, scales=np.array([0.25], np.float32)), "hidden state by another scale"),
        (edited(place=20, zeros=(3,)), "hidden state by another scale"),
        (edited(place=1, zeros=(3,)), "a zero point other than 0"),
        (edited(place=1, data=None), "weights are not constant"),
        (edited(place=13, is_state=False), "keeps other states"),
        (edited(place=0, is_state=True), "keeps other states"),
    ],
)
def test_what_no_kernel_of_ours_computes_is_refused(graph, why):
    with pytest.raises(BundleError, match=why):
        tflite_check.check(graph)
