"""Simplifies a graph before C99 is written of it: what moves no byte, or can move them elsewhere.

Padding joins the convolution behind it, a transposition joins the mean or maximum behind it, and
what only renames (a reshape, an equal scale) shares its input's memory.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lightspeech.errors import BundleError
from lightspeech.export._tflite import Graph, Operation, Tensor

_RENAMES = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
_REDUCTIONS = ("MEAN", "REDUCE_MAX")
_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")


@dataclass(frozen=True)
class Simplified:
    """A graph whose operations all compute, and the memory that its tensors share.

    Attributes:
        graph: the simplified graph, tensors as they were.
        memory: of each tensor the tensor whose memory it lies in, itself unless renamed.
    """

    graph: Graph
    memory: tuple[int, ...]


def simplify(graph: Graph) -> Simplified:
    """Leave out of a graph what needs no code."""
    for change in (_join_padding, _join_transposition, _drop_unread):
        graph = change(graph)
    memory = list(range(len(graph.tensors)))
    computing = []
    for operation in graph.operations:
        if _renames(graph, operation):
            memory[operation.outputs[0]] = memory[operation.inputs[0]]
        else:
            computing.append(operation)
    return Simplified(replace(graph, operations=tuple(computing)), tuple(memory))


def fault(graph: Graph, operation: Operation, what: str) -> BundleError:
    """Say of which operation and layer something cannot be written in C99."""
    name = graph.tensors[operation.outputs[0]].name if operation.outputs else ""
    return BundleError(
        f"{operation.kind} (layer {name!r}): {what}; change this layer, or use another format"
    )


def constant(graph: Graph, operation: Operation, place: int) -> npt.NDArray[np.int64]:
    """Numbers that an operation takes as a constant input, such as axes, as a flat array.

    Raises:
        BundleError: if that input is left out or is computed.
    """
    data = None
    if place < len(operation.inputs) and operation.inputs[place] >= 0:
        data = graph.tensors[operation.inputs[place]].data
    if data is None:
        raise fault(graph, operation, f"needs its input {place} to be constant")
    return data.astype(np.int64).ravel()


def _readers(graph: Graph, tensor: int) -> list[Operation]:
    return [operation for operation in graph.operations if tensor in operation.inputs]


def _makers(graph: Graph) -> dict[int, Operation]:
    return {operation.outputs[0]: operation for operation in graph.operations if operation.outputs}


def _join_padding(graph: Graph) -> Graph:
    """Let a convolution pad for itself: zero points are filled in as it gathers its patches."""
    makers = _makers(graph)
    joined = []
    for operation in graph.operations:
        before = makers.get(operation.inputs[0]) if operation.inputs else None
        padding = None if before is None else _picture_padding(graph, before)
        if padding and operation.kind in _CONVOLUTIONS and operation.options["padding"] == "VALID":
            assert before is not None
            options = {**operation.options, "padding": padding}
            inputs = (before.inputs[0], *operation.inputs[1:])
            operation = replace(operation, inputs=inputs, options=options)
        joined.append(operation)
    return replace(graph, operations=tuple(joined))


def _picture_padding(graph: Graph, operation: Operation) -> tuple[int, ...] | None:
    """Rows above and below, columns left and right; None where more than a picture is padded."""
    if operation.kind != "PAD":
        return None
    amounts = constant(graph, operation, 1)
    if (
        len(amounts) != 8
        or amounts[[0, 1, 6, 7]].any()
        or not ((0 <= amounts) & (amounts < 128)).all()
    ):
        return None
    return tuple(int(amount) for amount in amounts[2:6])


def _join_transposition(graph: Graph) -> Graph:
    """Reduce along the axes before a transposition, if what remains keeps its order."""
    makers = _makers(graph)
    joined = []
    tensors = list(graph.tensors)
    for operation in graph.operations:
        before = makers.get(operation.inputs[0]) if operation.inputs else None
        if operation.kind in _REDUCTIONS and before is not None and before.kind == "TRANSPOSE":
            order = constant(graph, before, 1)
            axes = order[constant(graph, operation, 1)]
            kept = [axis for axis in order if axis not in axes]
            if kept == sorted(kept):
                tensors.append(_axes(axes))
                operation = replace(operation, inputs=(before.inputs[0], len(tensors) - 1))
        joined.append(operation)
    return replace(graph, operations=tuple(joined), tensors=tuple(tensors))


def _axes(axes: npt.NDArray[np.int64]) -> Tensor:
    none = np.zeros(0, np.float32)
    return Tensor("axes", "int64", axes.shape, none, (), 0, axes)


def _drop_unread(graph: Graph) -> Graph:
    needed = set(graph.outputs)
    kept = []
    for operation in reversed(graph.operations):
        if needed.intersection(operation.outputs):
            needed.update(operation.inputs)
            kept.append(operation)
    return replace(graph, operations=tuple(reversed(kept)))


def _renames(graph: Graph, operation: Operation) -> bool:
    """Whether the bytes of the output are those of the input."""
    if operation.kind in _RENAMES:
        return True
    if operation.kind == "TRANSPOSE":
        shape = graph.tensors[operation.inputs[0]].shape
        moved = [axis for axis in constant(graph, operation, 1) if shape[axis] > 1]
        return moved == sorted(moved)
    if operation.kind == "QUANTIZE":
        source, to = (graph.tensors[i] for i in (operation.inputs[0], operation.outputs[0]))
        same_scale = np.array_equal(source.scales, to.scales) and source.zeros == to.zeros
        return source.dtype == to.dtype and same_scale
    return False
