"""Scenes of speech over noise, mixed as energies of bands: a room, a line and a gain are products.

Powers of two sounds add but for a part that is as often positive as negative, so nothing needs to
be decoded or transformed again, and thousands of scenes take seconds.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from benchmarks.gate.cells import NONE, SPEECH, UNKNOWN, Cells

from lightspeech.audio import gate

Rng = np.random.Generator
Double = npt.NDArray[np.float64]
Scene = tuple[Double, npt.NDArray[np.int8]]
"""Energies of each band, shape ``(cells, bands)``, and labels, shape ``(cells,)``."""
LENGTH = 120
"""Cells of a scene: 9.6 s."""
ROUNDING = 2e-9
"""Energy of a band where there is only the rounding of 16 bits."""
BURIED = 1.0
"""Share of the noise's energy below which nobody is asked to hear speech."""
NEAR = 5
"""Cells around speech in which nobody is asked where exactly it began and ended."""
TAIL = 8
"""Cells after speech in which a room may still ring."""


def scenes(
    speech: Sequence[Cells], noise: Sequence[Cells], n: int, rng: Rng
) -> tuple[np.ndarray, np.ndarray]:
    """Mix ``n`` scenes.

    Returns:
        Inputs of the network, int8, shape ``(n, LENGTH, gate.N_BANDS)``, and labels, shape
        ``(n, LENGTH)``.
    """
    inputs = np.zeros((n, LENGTH, gate.N_BANDS), np.int8)
    labels = np.zeros((n, LENGTH), np.int8)
    for row in range(n):
        energy, labels[row] = _scene(speech, noise, rng)
        levels = gate.levels(energy)
        inputs[row], _ = gate.relative(levels, gate.NOTHING)
    return inputs, labels


def _scene(speech: Sequence[Cells], noise: Sequence[Cells], rng: Rng) -> Scene:
    background = _background(noise, rng)
    voice, labels = _voices(speech, rng) if rng.random() < 0.6 else _nobody()
    if rng.random() < 0.25:
        voice = _ring(voice, rng)
        near = np.convolve(labels == SPEECH, np.ones(TAIL))[:LENGTH] > 0
        labels = np.where((labels == NONE) & near, UNKNOWN, labels)
    near = np.convolve(labels == SPEECH, np.ones(2 * NEAR + 1))[NEAR:][:LENGTH] > 0
    labels = np.where((labels == NONE) & near, UNKNOWN, labels)
    if background.any() and voice.any():
        snr = 10 ** (rng.uniform(3, 45) / 10)
        loud = np.percentile(voice.sum(1)[voice.any(1)], 90)
        background = background * (loud / snr / background.sum(1).mean())
        buried = voice.sum(1) < BURIED * background.sum(1)
        labels = np.where((labels == SPEECH) & buried, UNKNOWN, labels)
    energy = (voice + background) * _line(rng)
    typical = max(np.percentile(energy.sum(1), 95), 1e-12)
    if rng.random() < 0.5:
        energy = energy * (10 ** rng.uniform(-5, 1) / typical)
    return energy + rng.choice((0, ROUNDING)) * rng.exponential(1, energy.shape), labels


def _nobody() -> Scene:
    return np.zeros((LENGTH, gate.N_BANDS)), np.zeros(LENGTH, np.int8)


def _piece(cells: Cells, rng: Rng) -> Scene:
    at = rng.integers(len(cells))
    phase = rng.integers(2)
    rows = slice(cells.offsets[at] + phase, cells.offsets[at + 1], 2)
    return cells.energies[rows].astype(np.float64), cells.labels[rows]


def _voices(speech: Sequence[Cells], rng: Rng) -> Scene:
    energy, labels = _nobody()
    at = rng.integers(0, 50)
    gain = 1.0
    while at < LENGTH:
        piece, marks = _piece(speech[int(rng.integers(len(speech)))], rng)
        piece, marks = piece[: LENGTH - at], marks[: LENGTH - at]
        if len(piece):
            gain = 10 ** rng.uniform(-0.6, 0.6) / max(np.percentile(piece.sum(1), 90), 1e-12)
        energy[at : at + len(piece)] = piece * gain
        labels[at : at + len(piece)] = marks
        at += len(piece) + int(rng.exponential(rng.choice((2, 30))))
    return energy, labels


def _background(noise: Sequence[Cells], rng: Rng) -> Double:
    kind = rng.random()
    if kind < 0.2:
        return np.zeros((LENGTH, gate.N_BANDS))
    if kind < 0.35:
        slope = np.exp(np.linspace(0, rng.uniform(-8, 3), gate.N_BANDS))
        return slope * rng.gamma(12, 1 / 12, (LENGTH, gate.N_BANDS))
    energy = np.zeros((LENGTH, gate.N_BANDS))
    for _ in range(rng.choice((1, 1, 2))):
        layer = np.zeros((LENGTH, gate.N_BANDS))
        at = 0
        while at < LENGTH:
            piece, _ = _piece(noise[int(rng.integers(len(noise)))], rng)
            skip = rng.integers(max(len(piece) - LENGTH, 1))
            piece = piece[skip:][: LENGTH - at]
            mean = piece.sum(1).mean() if len(piece) else 0
            if mean > 0:
                layer[at : at + len(piece)] = piece / mean * 10 ** rng.uniform(-1, 1)
            at += max(len(piece), 1)
        energy += layer * 10 ** rng.uniform(-1, 1)
    return energy


def _ring(energy: Double, rng: Rng) -> Double:
    """A room: every band dies away by 60 dB in 0.15 to 0.9 s, over what came directly."""
    fall = 10 ** (-6 * gate.CELL / 16_000 / rng.uniform(0.15, 0.9))
    out, state = energy.copy(), np.zeros(gate.N_BANDS)
    share = rng.uniform(0.1, 1)
    for row in range(len(energy)):
        out[row] += share * state
        state = fall * (state + energy[row])
    return out


def _line(rng: Rng) -> Double:
    """Gains of the bands: a microphone's, and now and then a telephone's."""
    tilt = rng.uniform(-10, 10) * np.linspace(-1, 1, gate.N_BANDS)
    bend = rng.normal(0, 2, gate.N_BANDS)
    gains = 10 ** ((tilt + bend) / 10)
    if rng.random() < 0.2:
        centres = _centres()
        gains[(centres > rng.uniform(3300, 4000))] *= 10 ** rng.uniform(-8, -4)
        gains[(centres < rng.uniform(60, 350))] *= 10 ** rng.uniform(-4, -1)
    return gains


def _centres() -> Double:
    matrix = gate.pooling()
    bins = np.arange(len(matrix)) * 16_000 / gate.MEL.n_fft
    return bins @ matrix / matrix.sum(0)
