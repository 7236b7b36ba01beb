"""What LiteRT takes on trust: that an operation is given what it reads.

A well-formed file whose operations name too few tensors, or such of another type or shape, can end
the process of LiteRT 2.3. So each operation is held against what its kernel reads, before the
runtime sees the file; an operation of which nothing is known here is in no model of ours.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lightspeech.errors import BundleError
from lightspeech.export import tflite_lstm_check
from lightspeech.export.tflite_file import Graph, Operation, Tensor

QUANTIZED = ("int8", "int16")
UNARY = """ABS COS EXP FLOOR GELU LOG LOGISTIC NEG RELU RELU6 RSQRT SIN SOFTMAX SQRT SQUARE
TANH""".split()
BINARY = "ADD MAXIMUM MINIMUM MUL POW SQUARED_DIFFERENCE SUB".split()
COMPARING = "EQUAL GREATER GREATER_EQUAL LESS LESS_EQUAL NOT_EQUAL".split()
RENAMING = "EXPAND_DIMS RESHAPE SQUEEZE".split()
REDUCING = "MEAN REDUCE_ANY REDUCE_MAX SUM".split()
LARGEST_RANK = 6


class _Unfit(Exception):  # noqa: N818 (named for what is wrong)
    """What an operation reads is nothing that it takes."""


def check(graph: Graph) -> None:
    """Refuse a graph in which an operation is not given what it reads.

    Args:
        graph: as read from a file.

    Raises:
        BundleError: naming the operation, the shapes around it, and what does not fit.
    """
    for operation in graph.operations:
        try:
            _check(graph, operation)
        except _Unfit as error:
            raise BundleError(f"{_described(graph, operation)}: {error}") from None


def _check(graph: Graph, operation: Operation) -> None:
    if operation.kind == tflite_lstm_check.KIND:
        return _check_lstm(graph, operation)
    if operation.kind not in _RULES:
        raise _Unfit("no model of ours has this operation")
    fewest, most, rule = _RULES[operation.kind]
    if not fewest <= len(operation.inputs) <= most:
        raise _Unfit(f"takes {fewest} to {most} inputs")
    # A bias may be left out: its place is -1, or not there.
    given = [graph.tensors[place] for place in operation.inputs if place >= 0]
    if len(given) < fewest or -1 in operation.inputs[: len(given)]:
        raise _Unfit("an input is left out")
    written = [graph.tensors[place] for place in operation.outputs]
    for tensor in (*given, *written):
        _check_tensor(tensor)
    _need(len(written) == 1, "gives one output")
    rule(operation, given, written[0])


def _check_lstm(graph: Graph, operation: Operation) -> None:
    for place in (*operation.inputs, *operation.outputs):
        if place >= 0:
            _check_tensor(graph.tensors[place])
    if why := tflite_lstm_check.fault(graph, operation):
        raise _Unfit(why)


def _check_tensor(tensor: Tensor) -> None:
    _need(tensor.dtype != "unknown", f"{tensor.name!r} has a type of no model of ours")
    _need(len(tensor.shape) <= LARGEST_RANK, f"{tensor.name!r} has {len(tensor.shape)} axes")
    n_scales = len(tensor.scales)
    _need(n_scales or tensor.dtype not in QUANTIZED, f"{tensor.name!r} has no scale")
    if n_scales > 1:
        along = tensor.axis in range(len(tensor.shape)) and tensor.shape[tensor.axis]
        _need(along == n_scales, f"{tensor.name!r} has {n_scales} scales along axis {tensor.axis}")


def _need(is_met: object, what: str) -> None:
    if not is_met:
        raise _Unfit(what)


def _constant(tensor: Tensor) -> list[int]:
    """The numbers of a constant list, such as axes."""
    if tensor.data is None or tensor.dtype != "int32":
        raise _Unfit(f"{tensor.name!r} is no constant list of numbers")
    return [int(number) for number in tensor.data.ravel()]


def _alike(first: Tensor, *others: Tensor) -> None:
    _need(all(each.dtype == first.dtype for each in others), "types differ")


def _unary(_: Operation, given: list[Tensor], out: Tensor) -> None:
    _alike(given[0], out)
    _same(_, given, out)


def _same(_: Operation, given: list[Tensor], out: Tensor) -> None:
    """One tensor to another of its shape, perhaps of another type."""
    _need(given[0].shape == out.shape, "shapes differ")


def _negated(_: Operation, given: list[Tensor], out: Tensor) -> None:
    _need(given[0].dtype == "bool", "negates no truths")
    _unary(_, given, out)


def _pair(_: Operation, given: list[Tensor], out: Tensor) -> None:
    _alike(given[0], given[1], out)
    _broadcast(given, out)


def _quotient(operation: Operation, given: list[Tensor], out: Tensor) -> None:
    """In int8 the kernels of LiteRT 2.3.0 tell a quotient near zero as the largest number."""
    _pair(operation, given, out)
    _need(out.dtype != "int8", "a quotient of int8 is told wrong near zero")


def _comparison(_: Operation, given: list[Tensor], out: Tensor) -> None:
    _alike(*given)
    _need(out.dtype == "bool", "gives no truths")
    _broadcast(given, out)


def _choice(_: Operation, given: list[Tensor], out: Tensor) -> None:
    _need(given[0].dtype == "bool", "chooses by no truths")
    _alike(*given[1:], out)
    _broadcast(given, out)


def _broadcast(given: list[Tensor], out: Tensor) -> None:
    try:
        shape = np.broadcast_shapes(*(each.shape for each in given))
    except ValueError:
        raise _Unfit("shapes do not go together") from None
    _need(shape == out.shape, "gives another shape")


def _renamed(_: Operation, given: list[Tensor], out: Tensor) -> None:
    _alike(given[0], out)
    _need(given[0].size == out.size, "sizes differ")
    for shape in given[1:]:
        _constant(shape)


def _reduced(_: Operation, given: list[Tensor], out: Tensor) -> None:
    source, axes = given[0], _constant(given[1])
    _alike(source, out)
    _need(all(axis in range(len(source.shape)) for axis in axes), f"has no axes {axes}")
    left = [length for axis, length in enumerate(source.shape) if axis not in axes]
    _need(math.prod(left) == out.size, "gives another size")


def _joined(operation: Operation, given: list[Tensor], out: Tensor) -> None:
    _alike(out, *given)
    rank, axis = len(out.shape), operation.options["axis"]
    _need(axis in range(-rank, rank), f"has no axis {axis}")
    axis %= rank
    rest = out.shape[:axis] + out.shape[axis + 1 :]
    fits = all(len(each.shape) == rank for each in given) and all(
        each.shape[:axis] + each.shape[axis + 1 :] == rest for each in given
    )
    _need(fits and sum(each.shape[axis] for each in given) == out.shape[axis], "shapes differ")


def _cut(_: Operation, given: list[Tensor], out: Tensor) -> None:
    source, begin, size = given[0], _constant(given[1]), _constant(given[2])
    _alike(source, out)
    _need(len(begin) == len(size) == len(source.shape) == len(out.shape), "axes differ")
    for first, length, whole, left in zip(begin, size, source.shape, out.shape, strict=True):
        length = whole - first if length == -1 else length
        _need(0 <= first <= first + length <= whole and length == left, "cuts outside")


def _strided(_: Operation, given: list[Tensor], out: Tensor) -> None:
    _alike(given[0], out)
    lists = [_constant(each) for each in given[1:]]
    _need({len(each) for each in lists} == {len(given[0].shape)}, "axes differ")
    _need(all(step > 0 for step in lists[2]) and out.size <= given[0].size, "cuts outside")


def _turned(_: Operation, given: list[Tensor], out: Tensor) -> None:
    _alike(given[0], out)
    order = _constant(given[1])
    _need(sorted(order) == list(range(len(given[0].shape))), f"has no order {order}")
    _need(tuple(given[0].shape[axis] for axis in order) == out.shape, "gives another shape")


def _reversed(_: Operation, given: list[Tensor], out: Tensor) -> None:
    _unary(_, given[:1], out)
    axes = _constant(given[1])
    rank = len(out.shape)
    _need(len(set(axes)) == len(axes) and all(axis in range(rank) for axis in axes), "other axes")


def _padded(_: Operation, given: list[Tensor], out: Tensor) -> None:
    source, value = given[0], given[2:]
    _alike(source, out, *value)
    _need(all(each.size == 1 for each in value), "pads with several numbers")
    amounts = _constant(given[1])
    _need(given[1].shape == (len(given[0].shape), 2) and min(amounts) >= 0, "pads other axes")
    pairs = zip(given[0].shape, amounts[::2], amounts[1::2], strict=True)
    _need(tuple(map(sum, pairs)) == out.shape, "gives another shape")


def _product(operation: Operation, given: list[Tensor], out: Tensor) -> None:
    left, right = given
    _alike(left, right, out)
    _need(min(len(left.shape), len(right.shape)) >= 2, "multiplies no matrices")
    rows, inner = _matrix(left, operation.options["adjoint_x"])
    inner_too, columns = _matrix(right, operation.options["adjoint_y"])
    _need(inner == inner_too and out.shape[-2:] == (rows, columns), "shapes differ")
    batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    _need(batch == out.shape[:-2], "gives another shape")


def _matrix(tensor: Tensor, is_adjoint: int) -> tuple[int, int]:
    rows, columns = tensor.shape[-2:]
    return (columns, rows) if is_adjoint else (rows, columns)


def _dense(_: Operation, given: list[Tensor], out: Tensor) -> None:
    source, weights, *bias = given
    if (source.dtype, weights.dtype) == ("float32", "int8"):
        _need(weights.data is not None and weights.axis == 0, "int8 weights are no constant rows")
        _weighted(source, replace(weights, dtype="float32"), bias, out)
    else:
        _weighted(source, weights, bias, out)
    _need(len(weights.shape) == 2 and source.shape, "weights are no matrix")
    units, inner = weights.shape
    _need(source.size % inner == 0 and out.size == source.size // inner * units, "sizes differ")
    _need(not bias or bias[0].shape == (units,), "bias has another size")


def _weighted(source: Tensor, weights: Tensor, bias: list[Tensor], out: Tensor) -> None:
    _alike(source, out, weights)
    _need(source.dtype in ("float32", "int8"), "has another type")
    of_bias = "int32" if source.dtype == "int8" else "float32"
    _need(all(each.dtype == of_bias for each in bias), "bias has another type")


def _convolved(operation: Operation, given: list[Tensor], out: Tensor) -> None:
    source, filters, *bias = given
    _weighted(source, filters, bias, out)
    _need({len(each.shape) for each in (source, filters, out)} == {4}, "is no picture")
    is_depthwise = operation.kind == "DEPTHWISE_CONV_2D"
    channels = filters.shape[3] if is_depthwise else filters.shape[0]
    inner = channels % source.shape[3] if is_depthwise else source.shape[3] - filters.shape[3]
    _need(inner == 0 and out.shape[3] == channels, "channels differ")
    _need(not is_depthwise or filters.shape[0] == 1, "channels differ")
    _need(not bias or bias[0].shape == (channels,), "bias has another size")
    _window(operation, source, filters.shape[1:3], out)


def _pooled(operation: Operation, given: list[Tensor], out: Tensor) -> None:
    _alike(given[0], out)
    _need(len(given[0].shape) == len(out.shape) == 4, "is no picture")
    _need(given[0].shape[3] == out.shape[3], "channels differ")
    kernel = (operation.options["kernel_h"], operation.options["kernel_w"])
    _window(operation, given[0], kernel, out)


def _window(operation: Operation, source: Tensor, kernel: tuple[int, ...], out: Tensor) -> None:
    """Compare the size of a picture with what a window gives that slides over another."""
    options = operation.options
    _need(source.shape[0] == out.shape[0], "batches differ")
    for axis, side in enumerate("hw"):
        stride, dilation = options[f"stride_{side}"], options.get(f"dilation_{side}", 1)
        _need(stride > 0 and dilation > 0 and kernel[axis] > 0, "strides must be above 0")
        seen = (kernel[axis] - 1) * dilation if options["padding"] == "VALID" else 0
        length = -(-(source.shape[1 + axis] - seen) // stride)
        _need(length == out.shape[1 + axis], "gives another shape")


Rule = Callable[[Operation, list[Tensor], Tensor], None]
_RULES: dict[str, tuple[int, int, Rule]] = {
    **dict.fromkeys(UNARY, (1, 1, _unary)),
    **dict.fromkeys(BINARY, (2, 2, _pair)),
    "DIV": (2, 2, _quotient),
    **dict.fromkeys(COMPARING, (2, 2, _comparison)),
    **dict.fromkeys(RENAMING, (1, 2, _renamed)),
    **dict.fromkeys(REDUCING, (2, 2, _reduced)),
    **dict.fromkeys(("CAST", "DEQUANTIZE", "QUANTIZE"), (1, 1, _same)),
    **dict.fromkeys(("SELECT", "SELECT_V2"), (3, 3, _choice)),
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D"), (2, 3, _convolved)),
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D"), (1, 1, _pooled)),
    "BATCH_MATMUL": (2, 2, _product),
    "CONCATENATION": (1, 10_000, _joined),
    "FULLY_CONNECTED": (2, 3, _dense),
    "LOGICAL_NOT": (1, 1, _negated),
    "PAD": (2, 2, _padded),
    "PADV2": (3, 3, _padded),
    "REVERSE_V2": (2, 2, _reversed),
    "SLICE": (3, 3, _cut),
    "STRIDED_SLICE": (4, 4, _strided),
    "TRANSPOSE": (2, 2, _turned),
}
"""Fewest and most inputs of each operation, and what they must be to each other."""


def _described(graph: Graph, operation: Operation) -> str:
    def shapes(places: tuple[int, ...]) -> str:
        return ", ".join(
            "none" if place < 0 else f"{graph.tensors[place].dtype} {graph.tensors[place].shape}"
            for place in places[:6]
        )

    return f"{operation.kind} of {shapes(operation.inputs)} gives {shapes(operation.outputs)}"
