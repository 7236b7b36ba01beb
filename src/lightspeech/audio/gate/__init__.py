"""The voice gate: where in a recording somebody speaks, at a small part of a recogniser's cost.

Every second mel frame of the front end that the shipped models share is pooled to `N_BANDS` bands,
taken relative to a running peak, and heard by causal convolutions of int8 weights. After the
logarithm all is whole numbers, and sums stay below 2**24, so that single precision is exact. Before
it all is double precision, so that NumPy, JavaScript, Java and ONNX give the same scores; a board
in single precision finds a level beside an edge a step apart. Gain is no cue: the floor lies below
the rounding noise of 24 bits, and what matters is only how far a band is below the peak.

Figures and data: docs/results.md; made by ``python -m benchmarks.gate``.
"""

from lightspeech.audio.gate.bands import (
    CELL,
    COARSE,
    DECAY,
    DECIMALS,
    FLOOR,
    MEL,
    N_BANDS,
    NOTHING,
    RANGE,
    STEPS,
    energies,
    levels,
    pooling,
    relative,
)
from lightspeech.audio.gate.listening import HOLD, LEAST_RUN, LEAST_S, Gate, Marks, cells, flickers
from lightspeech.audio.gate.network import DATA, DELAY, LARGEST, Layer, Scorer, Weights, weights
from lightspeech.audio.gate.portable import GRAPH, described, graph

__all__ = [
    "CELL",
    "COARSE",
    "DATA",
    "DECAY",
    "DECIMALS",
    "DELAY",
    "FLOOR",
    "GRAPH",
    "Gate",
    "HOLD",
    "LARGEST",
    "LEAST_RUN",
    "LEAST_S",
    "Layer",
    "MEL",
    "Marks",
    "NOTHING",
    "N_BANDS",
    "RANGE",
    "STEPS",
    "Scorer",
    "Weights",
    "cells",
    "described",
    "energies",
    "flickers",
    "graph",
    "levels",
    "pooling",
    "relative",
    "weights",
]
