"""The toy model of these tests as a ``.tflite`` file, written table by table: no converter runs."""

import flatbuffers
import numpy as np
import pytest

WINDOW = 16_000
KINDS = ("ABS", "MEAN", "FULLY_CONNECTED", "SOFTMAX")


@pytest.fixture(scope="session")
def schema():
    reason = "needs ai-edge-litert to write models"
    return pytest.importorskip("ai_edge_litert.schema_py_generated", reason=reason)


@pytest.fixture
def toy_tables(schema):
    """Softmax of (−20, 0, 20) × mean |waveform|, one window of a second; to be changed by tests."""
    weights, axis = np.array([[-20], [0], [20]], "<f4"), np.array([1], "<i4")
    shapes = [(1, WINDOW), (1, WINDOW), (1,), (1, 1), (3, 1), (1, 3), (1, 3)]
    inputs = [[0], [1, 2], [3, 4, -1], [5]]
    model, graph = schema.ModelT(), schema.SubGraphT()
    model.version, model.subgraphs = 3, [graph]
    model.buffers = [_buffer(schema, data) for data in (b"", axis.tobytes(), weights.tobytes())]
    graph.tensors = [_tensor(schema, place, shape) for place, shape in enumerate(shapes)]
    graph.tensors[2].type, graph.tensors[2].buffer = schema.TensorType.INT32, 1
    graph.tensors[4].buffer = 2
    graph.inputs, graph.outputs = [0], [6]
    model.operatorCodes = [_code(schema, kind) for kind in KINDS]
    graph.operators = [
        _operator(schema, number, places, output)
        for number, (places, output) in enumerate(zip(inputs, (1, 3, 5, 6), strict=True))
    ]
    options = schema.BuiltinOptions
    graph.operators[1].builtinOptionsType = options.ReducerOptions
    graph.operators[1].builtinOptions = schema.ReducerOptionsT()
    graph.operators[1].builtinOptions.keepDims = True
    graph.operators[2].builtinOptionsType = options.FullyConnectedOptions
    graph.operators[2].builtinOptions = schema.FullyConnectedOptionsT()
    graph.operators[3].builtinOptionsType = options.SoftmaxOptions
    graph.operators[3].builtinOptions = schema.SoftmaxOptionsT()
    graph.operators[3].builtinOptions.beta = 1.0
    return model


@pytest.fixture
def make_tflite(make_bundle):
    """Write a bundle of a model, tables or bytes."""

    def make(model, **changes):
        data = model if isinstance(model, bytes) else packed(model)
        return make_bundle(data, model_file="model.tflite", **changes)

    return make


def packed(model):
    builder = flatbuffers.Builder(4_096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _buffer(schema, data):
    made = schema.BufferT()
    made.data = np.frombuffer(data, np.uint8)
    return made


def _tensor(schema, place, shape):
    made = schema.TensorT()
    made.name, made.shape, made.buffer = f"tensor{place}", np.array(shape, np.int32), 0
    return made


def _code(schema, kind):
    made = schema.OperatorCodeT()
    number = getattr(schema.BuiltinOperator, kind)
    made.builtinCode, made.deprecatedBuiltinCode, made.version = number, min(number, 127), 1
    return made


def _operator(schema, number, places, output):
    made = schema.OperatorT()
    made.opcodeIndex, made.inputs = number, np.array(places, np.int32)
    made.outputs = np.array([output], np.int32)
    return made
