"""Reads a ``.tflite`` file: tensors and operations of its graph, every offset checked.

Written out here because a schema reader for the whole format is a dependency of megabytes, trusts
the offsets it finds, and nine tables are all that an int8 network needs.
"""

import math
import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.errors import BundleError

MAX_BYTES = 64 << 20
"""Far beyond any microcontroller's flash."""
MAX_ELEMENTS = 1 << 23
"""Of one tensor: sizes in headers are not trusted, and so many int8 numbers add up in 32 bits."""

_TYPES = {0: "float32", 2: "int32", 4: "int64", 6: "bool", 7: "int16", 9: "int8"}
_NAMES = dict(
    enumerate(
        """ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE
        EMBEDDING_LOOKUP FLOOR FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D
        LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1
        RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS
        SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER
        BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE
        UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE""".split()
    )
) | {
    47: "EXP",
    49: "SPLIT",
    53: "CAST",
    55: "MAXIMUM",
    57: "MINIMUM",
    58: "LESS",
    59: "NEG",
    60: "PADV2",
    61: "GREATER",
    62: "GREATER_EQUAL",
    63: "LESS_EQUAL",
    64: "SELECT",
    65: "SLICE",
    66: "SIN",
    70: "EXPAND_DIMS",
    71: "EQUAL",
    72: "NOT_EQUAL",
    73: "LOG",
    74: "SUM",
    75: "SQRT",
    76: "RSQRT",
    78: "POW",
    82: "REDUCE_MAX",
    87: "LOGICAL_NOT",
    91: "REDUCE_ANY",
    92: "SQUARE",
    99: "SQUARED_DIFFERENCE",
    101: "ABS",
    105: "REVERSE_V2",
    108: "COS",
    114: "QUANTIZE",
    123: "SELECT_V2",
    126: "BATCH_MATMUL",
    150: "GELU",
}
_PADDINGS = ("SAME", "VALID")
_ACTIVATIONS = {0: "none", 1: "relu", 2: "relu_n1_to_1", 3: "relu6", 4: "tanh"}

# Options that a kernel reads: place in the table, format, default.
_CONVOLUTION = {"padding": (0, "b", 0), "stride_w": (1, "i", 0), "stride_h": (2, "i", 0)}
_OPTIONS: dict[str, dict[str, tuple[int, str, int]]] = {
    "CONV_2D": _CONVOLUTION
    | {"activation": (3, "b", 0), "dilation_w": (4, "i", 1), "dilation_h": (5, "i", 1)},
    "DEPTHWISE_CONV_2D": _CONVOLUTION
    | {"activation": (4, "b", 0), "dilation_w": (5, "i", 1), "dilation_h": (6, "i", 1)},
    "AVERAGE_POOL_2D": _CONVOLUTION
    | {"kernel_w": (3, "i", 0), "kernel_h": (4, "i", 0), "activation": (5, "b", 0)},
    "FULLY_CONNECTED": {"activation": (0, "b", 0)},
    "CONCATENATION": {"axis": (0, "i", 0), "activation": (1, "b", 0)},
    "ADD": {"activation": (0, "b", 0)},
    "UNIDIRECTIONAL_SEQUENCE_LSTM": {
        "activation": (0, "b", 0),
        "cell_clip": (1, "f", 0),
        "proj_clip": (2, "f", 0),
        "time_major": (3, "b", 0),
    },
    "BATCH_MATMUL": {"adjoint_x": (0, "b", 0), "adjoint_y": (1, "b", 0)},
}
_OPTIONS |= {"MAX_POOL_2D": _OPTIONS["AVERAGE_POOL_2D"]}
_OPTIONS |= {"SUB": _OPTIONS["ADD"], "MUL": _OPTIONS["ADD"]}


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor of the graph.

    Attributes:
        name: as the file has it.
        dtype: NumPy's name.
        shape: all at least 1 of what is computed with; 0 where a scale alone is told.
        scales: float32, shape ``(n,)``: one, or one a slice along ``axis``; none if not quantized.
        zeros: zero points, as many as scales.
        axis: along which the scales lie.
        data: the constant, of the shape above; None where it is computed.
        is_state: it is kept from one run to the next, zeros at first.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    scales: npt.NDArray[np.float32]
    zeros: tuple[int, ...]
    axis: int
    data: npt.NDArray[Any] | None
    is_state: bool = False

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Operation:
    """One step of the graph; all its tensors are places among those of the graph, −1 for none."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, Any] = field(default_factory=dict)
    intermediates: tuple[int, ...] = ()
    """They tell scales of what lies within the step."""


@dataclass(frozen=True)
class Graph:
    """The one graph of a file.

    Attributes:
        tensors: each with its shape; operations name them by their place here.
        operations: in the order they run.
        inputs: places of what goes in.
        outputs: places of what comes out.
    """

    tensors: tuple[Tensor, ...]
    operations: tuple[Operation, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read(model: bytes) -> Graph:
    """Read the graph of a ``.tflite`` file.

    Raises:
        BundleError: if it is none, is truncated, or has sizes that cannot be.
    """
    if len(model) > MAX_BYTES:
        raise BundleError(f"{len(model)} bytes; a .tflite file of ours has at most {MAX_BYTES}")
    if model[4:8] != b"TFL3":
        raise BundleError(f"{len(model)} bytes that are no .tflite file; export the model again")
    try:
        return _graph(_Table(model, _unpack(model, 0, "I")))
    except (struct.error, UnicodeDecodeError, ValueError, OverflowError, IndexError) as error:
        raise BundleError(f"damaged .tflite file ({error}); export the model again") from None


def _unpack(model: bytes, at: int, code: str) -> int:
    if at < 0:  # struct counts negative places from the end
        raise ValueError(f"offset {at}")
    value: int = struct.unpack_from("<" + code, model, at)[0]
    return value


@dataclass(frozen=True)
class _Table:
    """A table of FlatBuffers: fields found through a list of places that may be left out."""

    model: bytes
    at: int

    def place(self, number: int) -> int:
        """Where a field lies, or 0 if it was left out."""
        fields = self.at - _unpack(self.model, self.at, "i")
        if 4 + 2 * number >= _unpack(self.model, fields, "H"):
            return 0
        step = _unpack(self.model, fields + 4 + 2 * number, "H")
        return self.at + step if step else 0

    def number(self, number: int, code: str, default: int = 0) -> int:
        place = self.place(number)
        return _unpack(self.model, place, code) if place else default

    def table(self, number: int) -> "_Table | None":
        place = self.place(number)
        return _Table(self.model, place + _unpack(self.model, place, "I")) if place else None

    def vector(self, number: int, dtype: str) -> npt.NDArray[Any]:
        place = self.place(number)
        if not place:
            return np.zeros(0, dtype)
        start = place + _unpack(self.model, place, "I")
        count = _unpack(self.model, start, "I")
        # frombuffer raises ValueError where the file ends before the vector does.
        return np.frombuffer(self.model, np.dtype(dtype).newbyteorder("<"), count, start + 4)

    def tables(self, number: int) -> list["_Table"]:
        place = self.place(number)
        start = place + _unpack(self.model, place, "I") + 4 if place else 0
        offsets = self.vector(number, "uint32")
        return [_Table(self.model, start + 4 * i + int(o)) for i, o in enumerate(offsets)]

    def text(self, number: int) -> str:
        return self.vector(number, "uint8").tobytes().decode()


def _graph(model: _Table) -> Graph:
    subgraphs = model.tables(2)
    if len(subgraphs) != 1:
        raise ValueError(f"{len(subgraphs)} graphs, not one")
    buffers = [table.vector(0, "uint8") for table in model.tables(4)]
    codes = [max(code.number(0, "b"), code.number(3, "i")) for code in model.tables(1)]
    graph = subgraphs[0]
    tensors = tuple(_tensor(table, buffers) for table in graph.tables(0))
    operations = tuple(_operation(table, codes) for table in graph.tables(3))
    inputs, outputs = _places(graph, 1), _places(graph, 2)
    read_graph = Graph(tensors, operations, inputs, outputs)
    _check_order(read_graph)
    return read_graph


def _check_order(graph: Graph) -> None:
    """Refuse a graph in which anything is read before it is there, or written twice."""
    kept = (i for i, t in enumerate(graph.tensors) if t.data is not None or t.is_state)
    there = {-1, *graph.inputs, *kept}
    for operation in graph.operations:
        unknown = set(operation.inputs) - there
        written = there.intersection(operation.outputs)
        outside = [i for i in operation.outputs if not 0 <= i < len(graph.tensors)]
        if unknown or written or outside or not operation.inputs or not operation.outputs:
            raise ValueError(
                f"{operation.kind} reads {operation.inputs}, writes {operation.outputs}"
            )
        there.update(operation.outputs)
        given = (i for i in (*operation.inputs, *operation.outputs) if i >= 0)
        if any(not graph.tensors[i].size for i in given):
            raise ValueError(f"{operation.kind} computes with tensors of no size")
        if not all(0 <= i < len(graph.tensors) for i in operation.intermediates):
            raise ValueError(f"{operation.kind} has intermediates {operation.intermediates}")
    ends = {*graph.inputs, *graph.outputs}
    if (
        not ends <= there - {-1}
        or not all(0 <= i < len(graph.tensors) for i in graph.inputs)
        or not all(graph.tensors[i].size for i in ends)
    ):
        raise ValueError(f"inputs {graph.inputs}, outputs {graph.outputs}")


def _places(table: _Table, number: int) -> tuple[int, ...]:
    return tuple(int(place) for place in table.vector(number, "int32"))


def _tensor(table: _Table, buffers: list[npt.NDArray[Any]]) -> Tensor:
    name = table.text(3)
    shape = _places(table, 0)
    if any(length < 0 for length in shape) or math.prod(shape) > MAX_ELEMENTS:
        raise ValueError(f"tensor {name!r} has shape {shape}")
    dtype = _TYPES.get(table.number(1, "b"), "unknown")
    quantization = table.table(4)
    scales, zeros, axis = np.zeros(0, np.float32), np.zeros(0, np.int64), 0
    if quantization:
        scales, zeros = quantization.vector(2, "float32"), quantization.vector(3, "int64")
        axis = quantization.number(6, "i")
    if len(zeros) != len(scales) or not (np.isfinite(scales).all() and (scales > 0).all()):
        raise ValueError(f"tensor {name!r} has {len(scales)} scales, {len(zeros)} zero points")
    return Tensor(
        name, dtype, shape, scales, tuple(int(z) for z in zeros), axis,
        _constant(name, dtype, shape, buffers[table.number(2, "I")]), bool(table.number(5, "b")),
    )  # fmt: skip


def _constant(
    name: str, dtype: str, shape: tuple[int, ...], data: npt.NDArray[Any]
) -> npt.NDArray[Any] | None:
    if not len(data):
        return None
    if dtype == "unknown" or len(data) != math.prod(shape) * np.dtype(dtype).itemsize:
        raise ValueError(f"tensor {name!r}: {len(data)} bytes for {dtype} of shape {shape}")
    return np.frombuffer(data.tobytes(), np.dtype(dtype).newbyteorder("<")).reshape(shape)


def _operation(table: _Table, codes: list[int]) -> Operation:
    code = codes[table.number(0, "I")]
    kind = _NAMES.get(code, f"operation {code}")
    given = table.table(4)
    options: dict[str, Any] = {
        name: given.number(*how) if given else how[2]
        for name, how in _OPTIONS.get(kind, {}).items()
    }
    if "padding" in options:
        options["padding"] = _PADDINGS[options["padding"]]
    if "activation" in options:
        options["activation"] = _ACTIVATIONS.get(options["activation"], "unknown")
    return Operation(kind, _places(table, 1), _places(table, 2), options, _places(table, 8))
