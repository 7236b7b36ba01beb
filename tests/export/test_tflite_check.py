"""Operations of a file that are not given what they read, each edited in the graph, never run."""

from dataclasses import replace

import numpy as np
import pytest

from lightspeech.bundle import places
from lightspeech.errors import BundleError
from lightspeech.export import tflite_check, tflite_file
from lightspeech.export.tflite_file import Graph, Operation, Tensor

BIASED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


@pytest.fixture(scope="module", params=["nano", "small"])
def graph(request):
    network = places.ZOO / request.param / f"{request.param}-litert-network" / "model.tflite"
    return tflite_file.read(network.read_bytes())


def with_operation(graph, number, **changes):
    operations = list(graph.operations)
    operations[number] = replace(operations[number], **changes)
    return replace(graph, operations=tuple(operations))


def with_tensor(graph, place, **changes):
    tensors = list(graph.tensors)
    tensors[place] = replace(tensors[place], **changes)
    return replace(graph, tensors=tuple(tensors))


def is_refused(graph):
    try:
        tflite_check.check(graph)
    except BundleError:
        return True
    return False


def test_shipped_networks_are_as_they_should_be(graph):
    tflite_check.check(graph)


def test_an_input_less_or_more_is_refused(graph):
    for number, operation in enumerate(graph.operations):
        fewer = operation.inputs[:-1] if operation.kind not in BIASED else operation.inputs[:1]
        if operation.kind not in ("CONCATENATION", "RESHAPE"):
            assert is_refused(with_operation(graph, number, inputs=fewer)), operation.kind
        more = (*operation.inputs, *operation.inputs[:1] * 3)
        assert is_refused(with_operation(graph, number, inputs=more)), operation.kind


def test_an_input_left_out_is_refused(graph):
    for number, operation in enumerate(graph.operations):
        without_first = (-1, *operation.inputs[1:])
        assert is_refused(with_operation(graph, number, inputs=without_first)), operation.kind


def test_a_second_output_is_refused(graph):
    for number, operation in enumerate(graph.operations):
        twice = (*operation.outputs, *operation.outputs)
        assert is_refused(with_operation(graph, number, outputs=twice)), operation.kind


@pytest.mark.parametrize(
    "changes", [{"dtype": "float32"}, {"dtype": "unknown"}, {"scales": np.zeros(0, np.float32)}]
)
def test_another_type_or_no_scale_is_refused(graph, changes):
    for operation in graph.operations:
        if graph.tensors[operation.outputs[0]].dtype == "int8":
            assert is_refused(with_tensor(graph, operation.outputs[0], **changes)), operation.kind


def test_another_shape_is_refused(graph):
    for operation in graph.operations:
        for place in (operation.inputs[0], operation.outputs[0]):
            shape = graph.tensors[place].shape
            for other in ((*shape[:-1], shape[-1] + 1), ()):
                assert is_refused(with_tensor(graph, place, shape=other)), operation.kind


def test_an_operation_of_no_model_of_ours_is_refused(graph):
    assert is_refused(with_operation(graph, 0, kind="CUSTOM"))
    assert is_refused(with_operation(graph, 0, kind="operation 119"))


def number(name, *shape, dtype="float32", data=None):
    data = None if data is None else np.array(data, np.int32).reshape(shape)
    return Tensor(name, dtype, shape, np.zeros(0, np.float32), (), 0, data)


def axes(*values, shape=None):
    return number("list", *(shape or (len(values),)), dtype="int32", data=values)


@pytest.mark.parametrize(
    ("kind", "options", "given", "out", "fits"),
    [
        ("MEAN", {}, [number("x", 1, 4, 3), axes(1)], (1, 3), True),
        ("MEAN", {}, [number("x", 1, 4, 3), axes(3)], (1, 3), False),
        ("MEAN", {}, [number("x", 1, 4, 3), axes(-5)], (1, 3), False),
        ("SUM", {}, [number("x", 1, 4), number("list", 1, dtype="int32")], (1,), False),
        ("TRANSPOSE", {}, [number("x", 2, 3), axes(1, 0)], (3, 2), True),
        ("TRANSPOSE", {}, [number("x", 2, 3), axes(1, 1)], (3, 3), False),
        ("TRANSPOSE", {}, [number("x", 2, 3), axes(7, 0)], (3, 2), False),
        ("SLICE", {}, [number("x", 4), axes(1), axes(-1)], (3,), True),
        ("SLICE", {}, [number("x", 4), axes(3), axes(2)], (2,), False),
        ("SLICE", {}, [number("x", 4), axes(-1), axes(2)], (2,), False),
        ("STRIDED_SLICE", {}, [number("x", 4), axes(0), axes(4), axes(2)], (2,), True),
        ("STRIDED_SLICE", {}, [number("x", 4), axes(0), axes(4), axes(0)], (4,), False),
        ("PAD", {}, [number("x", 2), axes(1, 0, shape=(1, 2))], (3,), True),
        ("PAD", {}, [number("x", 2), axes(-1, 0, shape=(1, 2))], (1,), False),
        ("PAD", {}, [number("x", 2), axes(1, 0)], (3,), False),
        ("PADV2", {}, [number("x", 2), axes(1, 0, shape=(1, 2)), number("y")], (3,), True),
        ("PADV2", {}, [number("x", 2), axes(1, 0, shape=(1, 2)), number("y", 2)], (3,), False),
        ("PADV2", {}, [number("x", 2), axes(1, 0, shape=(1, 2))], (3,), False),
        ("CONCATENATION", {"axis": 1}, [number("x", 1, 2)] * 2, (1, 4), True),
        ("CONCATENATION", {"axis": 2}, [number("x", 1, 2)] * 2, (1, 4), False),
        ("RESHAPE", {}, [number("x", 2, 3), axes(6)], (6,), True),
        ("RESHAPE", {}, [number("x", 2, 3), axes(7)], (7,), False),
        ("ADD", {}, [number("x", 2, 3), number("y", 3)], (2, 3), True),
        ("ADD", {}, [number("x", 2, 3), number("y", 2)], (2, 3), False),
        ("ADD", {}, [number("x", 2), number("y", 2, dtype="int32")], (2,), False),
        ("SELECT_V2", {}, [number("x", 2)] * 3, (2,), False),
        ("GREATER", {}, [number("x", 2)] * 2, (2,), False),
        ("QUANTIZE", {}, [number("x", 2)], (3,), False),
        ("GELU", {}, [number("x", 2)], (2,), True),
        ("GELU", {}, [number("x", 2)], (3,), False),
        ("REVERSE_V2", {}, [number("x", 2, 3), axes(1)], (2, 3), True),
        ("REVERSE_V2", {}, [number("x", 2, 3), axes(2)], (2, 3), False),
        ("REVERSE_V2", {}, [number("x", 2, 3), axes(1, 1)], (2, 3), False),
        ("REVERSE_V2", {}, [number("x", 2, 3), axes(1)], (3, 2), False),
        ("LOGICAL_NOT", {}, [number("x", 2)], (2,), False),
    ],
)  # fmt: skip
def test_what_an_operation_takes(kind, options, given, out, fits):
    n = len(given)
    tensors = (*given, number("out", *out))
    operation = Operation(kind, tuple(range(n)), (n,), options)
    assert is_refused(Graph(tensors, (operation,), (0,), (n,))) != fits


def integers(*, axis=0, scales=2, is_constant=True):
    """Weights of a product of three numbers to two."""
    data = np.ones((2, 3), np.int8) if is_constant else None
    return Tensor("w", "int8", (2, 3), np.ones(scales, np.float32), (0,) * scales, axis, data)


@pytest.mark.parametrize(
    ("weights", "bias", "fits"),
    [
        (integers(), "float32", True),
        (integers(scales=1), "float32", True),
        (integers(), "int32", False),
        (integers(axis=1, scales=3), "float32", False),
        (integers(scales=3), "float32", False),
        (integers(is_constant=False), "float32", False),
    ],
)
def test_what_a_product_of_floats_by_integers_takes(weights, bias, fits):
    tensors = (number("x", 1, 3), weights, number("b", 2, dtype=bias), number("out", 1, 2))
    operation = Operation("FULLY_CONNECTED", (0, 1, 2), (3,))
    assert is_refused(Graph(tensors, (operation,), (0,), (3,))) != fits


@pytest.mark.parametrize(("kind", "fits"), [("MUL", True), ("DIV", False)])
def test_a_quotient_of_int8_is_refused(kind, fits):
    """LiteRT tells the largest number for the least; a product is right."""
    tensors = [replace(number(n, 2, dtype="int8"), scales=np.float32([0.1])) for n in "xyz"]
    tensors = [replace(each, zeros=(0,)) for each in tensors]
    graph = Graph(tuple(tensors), (Operation(kind, (0, 1), (2,), {}),), (0, 1), (2,))
    assert is_refused(graph) != fits


@pytest.mark.parametrize(
    ("options", "right", "fits"),
    [
        ({"adjoint_x": 0, "adjoint_y": 0}, (3, 4), True),
        ({"adjoint_x": 0, "adjoint_y": 1}, (4, 3), True),
        ({"adjoint_x": 0, "adjoint_y": 0}, (2, 4), False),
        ({"adjoint_x": 0, "adjoint_y": 0}, (3,), False),
        ({"adjoint_x": 0, "adjoint_y": 0}, (5, 3, 4), False),
    ],
)
def test_matrices_that_are_multiplied(options, right, fits):
    tensors = (number("x", 2, 3), number("y", *right), number("out", 2, 4))
    operation = Operation("BATCH_MATMUL", (0, 1), (2,), options)
    assert is_refused(Graph(tensors, (operation,), (0,), (2,))) != fits
