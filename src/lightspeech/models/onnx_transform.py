"""Fourier transforms of an ONNX file as one product each: several times as fast on onnxruntime.

Windows of speech have some hundred points a frame, for which a product takes less than the operator
of transforms of any size; it is exact, too, where onnxruntime 1.31.1 errs by 1e-3 with frames that
are no power of two. The table is made of one cosine when a session loads, so that a file is no
larger for it.
"""

from typing import Any

import numpy as np

from lightspeech.models.onnx_additions import Additions

TRANSFORM = "STFT"
PREFIX = "transform."
"""Of all names that are added."""
MOST = 1024
"""Points of a frame; of more a product takes longer than a transform."""


def replace(model: Any) -> None:
    """Put products in the place of transforms of real signals, in place.

    Args:
        model: ONNX; a transform whose hop or window is no constant stays, and one of more points
            than `MOST` or of such that a quarter turn is between two.
    """
    from onnx import numpy_helper

    stored = {each.name: each for each in model.graph.initializer}
    graph, nodes = Additions(PREFIX), []
    for node in model.graph.node:
        if node.op_type == TRANSFORM and {*node.input[1:]} <= {*stored}:
            step, window, length = (numpy_helper.to_array(stored[n]) for n in node.input[1:])
            if window.shape == (int(length),) and _can(node, int(length)):
                begun = len(graph.nodes)
                _transform(graph, node, int(step), window)
                nodes += graph.nodes[begun:]
                continue
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(graph.tables)


def _can(node: Any, n_fft: int) -> bool:
    one_sided = any(each.name == "onesided" and each.i == 1 for each in node.attribute)
    return one_sided and n_fft % 4 == 0 and n_fft <= MOST


def _transform(graph: Additions, node: Any, hop: int, window: Any) -> None:
    """Add what gives real and imaginary parts, shape ``(batch, frames, bins, 2)``."""
    n_fft = len(window)
    n_bins = n_fft // 2 + 1
    cosine = np.cos(2 * np.pi * np.arange(n_fft) / n_fft).astype(np.float32)
    signal = graph.add("Squeeze", node.input[0], graph.integers([2]))
    frames = graph.cut(signal, n_fft, hop)
    turns = graph.products(np.arange(n_fft), np.arange(n_bins), n_fft)
    turns = graph.add("Unsqueeze", turns, graph.integers([2]))
    # A quarter of a turn further a cosine is minus the sine.
    parts = graph.looked_up(graph.table(cosine), turns, [[[0, n_fft // 4]]], n_fft)
    basis = graph.add("Reshape", parts, graph.integers([n_fft, 2 * n_bins]))
    basis = graph.add("Mul", basis, graph.table(window.astype(np.float32)[:, None]))
    spectrum = graph.add("MatMul", frames, basis)
    graph.add("Reshape", spectrum, graph.integers([0, 0, n_bins, 2]))
    graph.nodes[-1].output[0] = node.output[0]
