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


def replace(model: Any) -> None:
    """Write the batch norm between two turns as difference and product, in place.

    Args:
        model: ONNX; without one such batch norm, of neither scale nor shift, it stays as it is, and
            so does one with a loop inside, which may read what is left out.
    """
    from onnx import helper, numpy_helper

    graph = model.graph
    nodes, stored = list(graph.node), {each.name: each for each in graph.initializer}
    norms = [node for node in nodes if node.op_type == NORM]
    loops = any(attribute.HasField("g") for node in nodes for attribute in node.attribute)
    if loops or len(norms) != 1 or not {*norms[0].input[1:]} <= {*stored}:
        return
    [norm] = norms
    scale, shift = (numpy_helper.to_array(stored[name]) for name in norm.input[1:3])
    before = [node for node in nodes if norm.input[0] in node.output]
    after = [node for node in nodes if norm.output[0] in node.input]
    kinds = [node.op_type for node in (*before, *after)]
    if kinds != [TURN, TURN] or (scale != 1).any() or shift.any():
        return
    mean, variance = norm.input[3:5]
    epsilon = numpy_helper.from_array(np.array(EPSILON, np.float32), f"{PREFIX}epsilon")
    graph.initializer.append(epsilon)
    steps = [
        ("Sub", [before[0].input[0], mean], CENTRED),
        ("Add", [variance, epsilon.name], SPREAD),
        ("Sqrt", [SPREAD], f"{PREFIX}deviation"),
        ("Reciprocal", [f"{PREFIX}deviation"], f"{PREFIX}sharpness"),
        ("Mul", [CENTRED, f"{PREFIX}sharpness"], RESULT),
    ]
    at = nodes.index(norm)
    nodes[at : at + 1] = [helper.make_node(kind, names, [to], to) for kind, names, to in steps]
    nodes.remove(after[0])
    for node in nodes:
        node.input[:] = [RESULT if name == after[0].output[0] else name for name in node.input]
    if not any(before[0].output[0] in node.input for node in nodes):
        nodes.remove(before[0])
    read = {name for node in nodes for name in node.input}
    kept = [each for each in graph.initializer if each.name in read]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)


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
