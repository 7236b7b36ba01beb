"""Simplifies a graph before C99 is written of it: what moves no byte, or can move them elsewhere.

Padding joins the convolution behind it, a transposition joins the mean or maximum behind it, and
what only renames (a reshape, an equal scale) shares its input's memory.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lightspeech.errors import BundleError
from lightspeech.export.tflite_file import Graph, Operation, Tensor

_RENAMES = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
_REDUCTIONS = ("MEAN", "REDUCE_MAX")
_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
MAX_PADDING = 127
"""Rows or columns a convolution fills in; more is no layer of a network of ours."""


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
        if operation.inputs[0] < 0:
            raise fault(graph, operation, "has no input")
        if _renames(graph, operation):
            memory[operation.outputs[0]] = memory[operation.inputs[0]]
        else:
            computing.append(operation)
    return Simplified(replace(graph, operations=tuple(computing)), tuple(memory))


def fault(graph: Graph, operation: Operation, what: str) -> BundleError:
    """Say of which operation and layer something cannot be written in C99.

    Args:
        graph: that the operation is in.
        operation: that is at fault.
        what: is wrong with it.
    """
    name = graph.tensors[operation.outputs[0]].name if operation.outputs else ""
    return BundleError(
        f"{operation.kind} (layer {name!r}): {what}; change this layer, or use another format"
    )


def constant(graph: Graph, operation: Operation, place: int) -> npt.NDArray[np.int64]:
    """Numbers that an operation takes as a constant input, such as axes, as a flat array.

    Args:
        graph: that the operation is in.
        operation: that takes the numbers.
        place: of the input among those of the operation, from 0.

    Returns:
        Shape ``(n,)``.

    Raises:
        BundleError: if that input is left out, is computed, or holds no whole numbers.
    """
    data = None
    if place < len(operation.inputs) and operation.inputs[place] >= 0:
        data = graph.tensors[operation.inputs[place]].data
    if data is None:
        raise fault(graph, operation, f"needs its input {place} to be constant")
    if not np.issubdtype(data.dtype, np.integer):
        raise fault(graph, operation, f"needs whole numbers as input {place}, found {data.dtype}")
    return data.astype(np.int64).ravel()


def _makers(graph: Graph) -> dict[int, Operation]:
    return {operation.outputs[0]: operation for operation in graph.operations if operation.outputs}


def _before(graph: Graph, operation: Operation, kind: str) -> Operation | None:
    """The operation that makes the first input, if it is of a kind and only moves numbers."""
    for before in graph.operations:
        if before.outputs[0] == operation.inputs[0] and before.kind == kind:
            return before if _same_scale(graph, before) else None
    return None


def _same_scale(graph: Graph, operation: Operation) -> bool:
    source, out = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    same = np.array_equal(source.scales, out.scales) and source.zeros == out.zeros
    return same and source.dtype == out.dtype


def _join_padding(graph: Graph) -> Graph:
    """Let a convolution pad for itself: zero points are filled in as it gathers its patches."""

    def join(operation: Operation) -> Operation:
        before = _before(graph, operation, "PAD")
        if operation.kind not in _CONVOLUTIONS or before is None:
            return operation
        amounts = constant(graph, before, 1)
        picture = len(amounts) == 8 and not amounts[[0, 1, 6, 7]].any() and amounts.min() >= 0
        if operation.options["padding"] != "VALID" or not picture or amounts.max() > MAX_PADDING:
            return operation
        options = {**operation.options, "padding": tuple(amounts[2:6].tolist())}
        return replace(operation, inputs=(before.inputs[0], *operation.inputs[1:]), options=options)

    return replace(graph, operations=tuple(map(join, graph.operations)))


def _join_transposition(graph: Graph) -> Graph:
    """Reduce along the axes before a transposition, if what remains keeps its order."""
    tensors = list(graph.tensors)

    def join(operation: Operation) -> Operation:
        before = _before(graph, operation, "TRANSPOSE")
        if operation.kind not in _REDUCTIONS or before is None:
            return operation
        order = _order(graph, before)
        axes = order[_indices(graph, operation, len(order))]
        kept = [axis for axis in order if axis not in axes]
        if kept != sorted(kept):
            return operation
        tensors.append(Tensor("axes", "int64", axes.shape, np.zeros(0, np.float32), (), 0, axes))
        return replace(operation, inputs=(before.inputs[0], len(tensors) - 1))

    operations = tuple(map(join, graph.operations))
    return replace(graph, operations=operations, tensors=tuple(tensors))


def _order(graph: Graph, operation: Operation) -> npt.NDArray[np.int64]:
    """The order of a transposition, checked."""
    order = constant(graph, operation, 1)
    source, out = (graph.tensors[i].shape for i in (operation.inputs[0], operation.outputs[0]))
    right = sorted(order) == list(range(len(source)))
    if not right or tuple(source[axis] for axis in order) != out:
        raise fault(graph, operation, f"makes {out} of {source} by order {order.tolist()}")
    return order


def _indices(graph: Graph, operation: Operation, rank: int) -> npt.NDArray[np.int64]:
    axes = constant(graph, operation, 1)
    if not ((-rank <= axes) & (axes < rank)).all():
        raise fault(graph, operation, f"has axes {axes.tolist()} of {rank}")
    return axes


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
    source, out = (graph.tensors[i] for i in (operation.inputs[0], operation.outputs[0]))
    if operation.kind in _RENAMES:
        if source.size != out.size or source.data is not None or not _same_scale(graph, operation):
            raise fault(graph, operation, f"makes {out.shape} of {source.shape}")
        return True
    if operation.kind == "TRANSPOSE" and _same_scale(graph, operation):
        moved = [axis for axis in _order(graph, operation) if source.shape[axis] > 1]
        return moved == sorted(moved)
    return operation.kind == "QUANTIZE" and _same_scale(graph, operation)
