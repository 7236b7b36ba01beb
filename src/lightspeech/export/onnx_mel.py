"""Mel bands as matrix products: several times as fast on onnxruntime as its Fourier transform.

A transform of ``n_fft = a * b`` points is two small ones (Cooley & Tukey 1965); what turns between
them is inside the second, one table for each of the ``a // 2 + 1`` rows that a real signal needs.
All tables are made of one cosine and of the sparse bands when a session loads, so that a file is no
larger for them.
"""

import math
from typing import Any

import numpy as np

from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.models.onnx_additions import Additions, block

PREFIX = "layer.products."
"""Of all names that are added."""
TRANSFORM, LOGARITHM = "STFT", "Log"
LEAST_BLOCK = 16
"""Samples; with smaller ones a transform of its own is faster."""
SHAPES = ("Unsqueeze", "Squeeze", "Reshape")
"""Operations between a waveform and its transform that move nothing."""


def can(cfg: MelConfig) -> bool:
    """Tell whether the bands of a front end can be products.

    They are where they are sums of squared magnitudes, and frame and hop share blocks.
    """
    sums = cfg.power == 2 and cfg.kind != "spectrogram"
    return sums and cfg.n_fft % 4 == 0 and block(cfg.n_fft, cfg.hop_length) >= LEAST_BLOCK


def _factor(cfg: MelConfig) -> int:
    """Points of the second transform, a quarter of those of the first where that can be."""
    largest = math.isqrt(cfg.n_fft) // 2
    return next(b for b in range(largest, 0, -1) if block(cfg.n_fft, cfg.hop_length) % b == 0)


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
    graph = _Bands(PREFIX)
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


class _Bands(Additions):
    """Mel bands of a waveform, a name of the model, shape ``(batch, samples)``."""

    def energies(self, waveform: str, cfg: MelConfig, n_samples: int) -> str:
        """Give the energies of the bands, shape ``(batch, frames, bands)``.

        Frames are the last axis until then, so that nothing has to be turned in between.
        """
        b = _factor(cfg)
        a, n_rows = cfg.n_fft // b, cfg.n_fft // b // 2 + 1
        cosine = np.cos(2 * np.pi * np.arange(cfg.n_fft) / cfg.n_fft)
        cosines = self.table(cosine.astype(np.float32))
        points = self.frames(waveform, cfg, n_samples)
        points = self.add("Reshape", points, self.integers([0, a, -1]))
        # Shape (batch, 2 * rows, b * frames).
        halfway = self.add("MatMul", self.first(cosines, a, b), points)
        halfway = self.add("Reshape", halfway, self.integers([0, n_rows, 2 * b, -1]))
        spectrum = self.add("MatMul", self.second(cosines, a, b), halfway)
        squares = self.add("Mul", spectrum, spectrum)  # (batch, rows, 2 * b, frames)
        real, imaginary = self.add("Split", squares, axis=2, num_outputs=2), f"{PREFIX}imaginary"
        self.nodes[-1].output.append(imaginary)
        energies = self.add("Add", real, imaginary)
        energies = self.add("Reshape", energies, self.integers([0, n_rows * b, -1]))
        bands = self.add("MatMul", self.bands(cfg, a, b), energies)
        return self.add("Transpose", bands, perm=[0, 2, 1])

    def frames(self, waveform: str, cfg: MelConfig, n_samples: int) -> str:
        """Cut windowed frames: shape ``(batch, n_fft, frames)``."""
        cut = self.cut(waveform, cfg.n_fft, cfg.hop_length, n_samples)
        frames_last = self.add("Transpose", cut, perm=[0, 2, 1])
        return self.add("Mul", frames_last, self.table(frontend.tables(cfg).window[:, None]))

    def first(self, cosine: str, a: int, b: int) -> str:
        """Cosine and minus sine of transforms of ``a`` points, shape ``(2 * (a // 2 + 1), a)``."""
        turns = self.products(np.arange(a // 2 + 1), b * np.arange(a), a * b)
        turns = self.add("Unsqueeze", turns, self.integers([1]))
        parts = self.looked_up(cosine, turns, [[[0], [a * b // 4]]], a * b)
        return self.add("Reshape", parts, self.integers([-1, a]))

    def second(self, cosine: str, a: int, b: int) -> str:
        """Transforms of ``b`` turned points, a row each: shape ``(a // 2 + 1, 2 * b, 2 * b)``."""
        n_rows, quarter = a // 2 + 1, a * b // 4
        bins = (np.arange(n_rows)[:, None] + a * np.arange(b)).ravel()
        turns = self.products(bins, np.arange(b), a * b)
        turns = self.add("Reshape", turns, self.integers([n_rows, 1, b, 1, b]))
        # Real part: cosine of the real, sine of the imaginary one; imaginary: minus sine, cosine.
        offsets = np.reshape([[0, 3 * quarter], [quarter, 0]], (1, 2, 1, 2, 1))
        parts = self.looked_up(cosine, turns, offsets, a * b)
        return self.add("Reshape", parts, self.integers([n_rows, 2 * b, 2 * b]))

    def bands(self, cfg: MelConfig, a: int, b: int) -> str:
        """Weights of the bands, shape ``(bands, (a // 2 + 1) * b)``."""
        n_bins = (a // 2 + 1) * b
        bins = (np.arange(a // 2 + 1)[:, None] + a * np.arange(b)).ravel().tolist()
        place = {min(k, a * b - k): at for at, k in reversed(list(enumerate(bins)))}
        bands = frontend.tables(cfg).bands
        at = [
            number * n_bins + place[first + k]
            for number, (first, weights) in enumerate(bands)
            for k in range(len(weights))
        ]
        values = np.concatenate([weights for _, weights in bands]).astype(np.float32)
        nothing = self.add("ConstantOfShape", self.integers([len(bands) * n_bins]))
        dense = self.add("ScatterElements", nothing, self.integers(at), self.table(values), axis=0)
        return self.add("Reshape", dense, self.integers([len(bands), n_bins]))
