"""Mel bands as matrix products: several times as fast on onnxruntime as its Fourier transform."""

from typing import Any

import numpy as np

from lightspeech.audio.frontend import MelConfig
from lightspeech.export.onnx_bands import Bands, n_hops, radices

PREFIX = "layer.products."
"""Of all names that are added."""
TRANSFORM, LOGARITHM = "STFT", "Log"
MOST_HOPS, MOST_POINTS = 16, 64
"""Of a frame, and of one of its small transforms; with more a transform of its own is faster."""
SHAPES = ("Unsqueeze", "Squeeze", "Reshape")
"""Operations between a waveform and its transform that move nothing."""


def can(cfg: MelConfig) -> bool:
    """Tell whether the bands of a front end can be products.

    They are where they are sums of squared magnitudes, and a frame has few hops and small factors.
    """
    if cfg.power != 2 or cfg.kind == "spectrogram" or cfg.n_fft % 4:
        return False
    return n_hops(cfg) <= MOST_HOPS and max(radices(cfg.n_fft)) <= MOST_POINTS


def replace(model: Any, cfg: MelConfig) -> None:
    """Put products in the place of the one transform of an ONNX model, in place.

    Beside an encoder that has a transform of its own, all stays as it is.

    The floor is added anew: torch 2.13 with onnxscript 0.7 leaves out what is added where it is
    1e-8 or less, so that silence would be minus infinity.

    Args:
        model: from waveforms, shape ``(batch, samples)``, of any length; its front end is ``cfg``.
        cfg: one that `can` be products.
    """
    nodes = list(model.graph.node)
    made_by = {name: node for node in nodes for name in node.output}
    transforms = [at for at, node in enumerate(nodes) if node.op_type == TRANSFORM]
    if len(transforms) != 1:
        return
    [transform] = transforms
    waveform = nodes[transform].input[0]
    while waveform in made_by and made_by[waveform].op_type in SHAPES:
        waveform = made_by[waveform].input[0]
    bands = next(n for n in nodes[transform:] if n.op_type == LOGARITHM).input[0]
    sizes = {each.name: each.type.tensor_type.shape.dim for each in model.graph.input}
    n_samples = sizes[waveform][1].dim_value if waveform in sizes else 0  # 0: of any length
    graph = Bands(PREFIX)
    floor = graph.table(np.array(cfg.floor, np.float32))
    graph.add("Add", graph.energies(waveform, cfg, n_samples), floor)
    graph.nodes[-1].output[0] = bands
    behind = [node for node in nodes[transform:] if bands not in node.output]
    ordered = [*nodes[:transform], *graph.nodes, *behind]  # the waveform may be made in it too
    wanted = _needed(ordered, [each.name for each in model.graph.output])
    _set(model.graph.node, wanted)
    read = {name for node in wanted for name in _read(node)}
    tables = [*model.graph.initializer, *graph.tables]
    _set(model.graph.initializer, [table for table in tables if table.name in read])
    del model.graph.value_info[:]


def _needed(nodes: list[Any], outputs: list[str]) -> list[Any]:
    """Keep the nodes that something depends on, in their order."""
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted & set(node.output):
            kept.append(node)
            wanted |= _read(node)
    return kept[::-1]


def _read(node: Any) -> set[str]:
    """Name what a node reads, and what a loop in it takes from outside."""
    inside = (each for attribute in node.attribute for each in attribute.g.node)
    return set(node.input).union(*map(_read, inside))


def _set(field: Any, values: list[Any]) -> None:
    del field[:]
    field.extend(values)
