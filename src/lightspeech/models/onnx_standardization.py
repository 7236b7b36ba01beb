"""The standardization of features in an ONNX file: a batch norm, or what onnxruntime runs quicker.

A batch norm wants features before frames, so frames are turned for it, and back for the
convolution of integers behind it. onnxruntime 1.31.1 joins that turn with one of its own into one
around an axis of one, which takes many times as long as it need
(findings/onnxruntime-transposes-around-an-axis-of-one.sh). A difference and a product leave frames
as they are.
"""

from typing import Any

import numpy as np

NORM = "BatchNormalization"
PREFIX = "standardized."
CENTRED, SPREAD, RESULT = f"{PREFIX}centred", f"{PREFIX}spread", f"{PREFIX}features"
"""Nodes that read the mean, the variance, and give what is standardized."""
EPSILON = 1e-5
"""Of torch's batch norms."""
TURN = "Transpose"


def replace(graph: Any) -> None:
    """Write the batch norm between two turns as difference and product, in place.

    What nothing reads any more stays in the graph, for whoever writes it to leave out.

    Args:
        graph: of a model; without one such batch norm, of neither scale nor shift, it stays as it
            is.
    """
    from onnx import helper, numpy_helper

    nodes = list(graph.node)
    turns = _turns(graph)
    if turns is None:
        return
    norm, before, after = turns
    epsilon = numpy_helper.from_array(np.array(EPSILON, np.float32), f"{PREFIX}epsilon")
    graph.initializer.append(epsilon)
    steps = [
        ("Sub", [before.input[0], norm.input[3]], CENTRED),
        ("Add", [norm.input[4], epsilon.name], SPREAD),
        ("Sqrt", [SPREAD], f"{PREFIX}deviation"),
        ("Reciprocal", [f"{PREFIX}deviation"], f"{PREFIX}sharpness"),
        ("Mul", [CENTRED, f"{PREFIX}sharpness"], RESULT),
    ]
    at = nodes.index(norm)
    nodes[at : at + 1] = [helper.make_node(kind, names, [to], to) for kind, names, to in steps]
    nodes.remove(after)
    for node in nodes:
        node.input[:] = [RESULT if name == after.output[0] else name for name in node.input]
    del graph.node[:]
    graph.node.extend(nodes)


def _turns(graph: Any) -> tuple[Any, Any, Any] | None:
    """Find the one batch norm without scale and shift, the turn before it and the turn behind."""
    from onnx import numpy_helper

    stored = {each.name: each for each in graph.initializer}
    norms = [node for node in graph.node if node.op_type == NORM]
    if len(norms) != 1 or not {*norms[0].input[1:]} <= {*stored}:
        return None
    [norm] = norms
    scale, shift = (numpy_helper.to_array(stored[name]) for name in norm.input[1:3])
    beside = [
        *(node for node in graph.node if norm.input[0] in node.output),
        *(node for node in graph.node if norm.output[0] in node.input),
    ]
    if [node.op_type for node in beside] != [TURN, TURN] or (scale != 1).any() or shift.any():
        return None
    before, after = beside
    return norm, before, after


def statistics(graph: Any) -> tuple[str, str, str] | None:
    """Name mean and variance of the features, and what is standardized by them.

    Args:
        graph: of a model as `replace` writes it, or with its batch norm.

    Returns:
        Names; None where there is not one such norm.
    """
    norms = [node for node in graph.node if node.op_type == NORM]
    if len(norms) == 1:
        return (*norms[0].input[3:5], norms[0].output[0])
    nodes = {node.name: node for node in graph.node}
    if norms or RESULT not in nodes:
        return None
    return nodes[CENTRED].input[1], nodes[SPREAD].input[0], nodes[RESULT].output[0]
