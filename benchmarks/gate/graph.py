"""The gate as a graph of ONNX: recordings in; the score of each cell and the share of speech out.

Spectra and logarithms are in double precision, and whole numbers are exact in single precision, so
that its scores are those of `lightspeech.audio.gate`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from lightspeech.audio import frontend, gate
from lightspeech.audio.gate import Layer

OPSET, IR_VERSION = 18, 9
FORGOTTEN = 1024
"""Frames after which a peak is heard no longer: it has fallen by `gate.DECAY` in each of them, to
less than `gate.NOTHING`, even if its samples were 16-bit numbers that nobody scaled to −1…1."""
AFTER = gate.DELAY + gate.HOLD
"""Cells of silence that are heard after the end."""
SINGLE, DOUBLE = TensorProto.FLOAT, TensorProto.DOUBLE
TIME = np.array([-1])

Value = str | npt.NDArray[Any] | np.generic
"""Name of what a node gives, or a constant."""


class Graph:
    """A graph that is written node by node."""

    def __init__(self) -> None:
        """Begin without nodes."""
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[TensorProto] = []

    def __call__(self, kind: str, *inputs: Value, name: str = "", **attributes: Any) -> str:
        """Add a node and give the name of its output: the one asked for, or one of its own."""
        name = name or f"{kind}_{len(self.nodes)}"
        names = [each if isinstance(each, str) else self._constant(each) for each in inputs]
        self.nodes.append(helper.make_node(kind, names, [name], **attributes))
        return name

    def _constant(self, value: npt.NDArray[Any] | np.generic) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name


def model() -> onnx.ModelProto:
    """Write the gate of the package.

    Returns:
        Takes ``waveform``, float32, shape ``(batch, samples)``, −1…1 at 16 kHz, any length from one
        sample on; gives ``scores``, int32, shape ``(batch, cells)``, each of its own cell of
        `gate.CELL` samples, and ``speech``, float32, shape ``(batch,)``: the share of time.
    """
    add = Graph()
    samples = add("Shape", "waveform", start=1)
    cells = add("Add", add("Div", add("Sub", samples, ints(1)), ints(gate.CELL)), ints(1))
    frames = add("Add", cells, ints(AFTER))
    values = relative(add, levels(add, samples, frames), frames)
    for n, layer in enumerate(gate.weights().layers):
        values = convolved(add, values, layer, before=0 if n else -gate.RANGE)
        if layer is not gate.weights().layers[-1]:
            values = add("Clip", values, floats(0), floats(gate.LARGEST))
    score = add("Slice", values, ints(gate.DELAY), frames, TIME)
    speech(add, score, samples, cells)
    first = add("Slice", add("Squeeze", score, ints(1)), ints(0), cells, TIME)
    add("Cast", first, to=TensorProto.INT32, name="scores")
    return finished(add)


def ints(*values: int) -> npt.NDArray[np.int64]:
    """Whole numbers, as sizes and axes are."""
    return np.array(values)


def floats(value: float) -> np.float32:
    """A number among those of the network."""
    return np.float32(value)


def levels(add: Graph, samples: str, frames: str) -> str:
    """Levels as of `gate.levels`, shape ``(batch, N_BANDS, frames)``."""
    silence = add("Sub", add("Mul", frames, ints(gate.CELL)), samples)
    padded = add("Pad", "waveform", add("Concat", ints(0), silence, axis=0), floats(0), TIME)
    window = frontend.tables(gate.MEL).window
    spectra = add(
        "STFT",
        add("Cast", padded, to=DOUBLE),
        np.int64(gate.CELL),
        add("Cast", window, to=DOUBLE),
    )
    power = add("ReduceSumSquare", spectra, TIME, keepdims=0)
    unit = 10**gate.DECIMALS
    whole = np.rint(gate.pooling() * unit).astype(np.int32)  # half the size of doubles
    bands = add("Div", add("Cast", whole, to=DOUBLE), np.float64(unit))
    energy = add("Add", add("MatMul", power, bands), np.float64(gate.FLOOR))
    steps = add("Floor", add("Mul", add("Log", energy), np.float64(gate.STEPS)))
    return add("Transpose", add("Cast", steps, to=SINGLE), perm=[0, 2, 1])


def relative(add: Graph, level: str, frames: str) -> str:
    """Levels relative to their running peak, as of `gate.relative`."""
    numbers = add("Range", np.int64(0), add("Squeeze", frames), np.int64(1))
    fallen = add("Mul", add("Cast", numbers, to=SINGLE), floats(gate.DECAY))
    raised = add("Add", add("ReduceMax", level, ints(1)), fallen)
    reached = add("MaxPool", raised, kernel_shape=[FORGOTTEN], pads=[FORGOTTEN - 1, 0])
    peaks = add("Max", add("Sub", reached, fallen), floats(gate.NOTHING))
    coarse = add("Floor", add("Div", add("Sub", level, peaks), floats(gate.COARSE)))
    return add("Max", coarse, floats(-gate.RANGE))


def convolved(add: Graph, values: str, layer: Layer, *, before: int) -> str:
    """Sums of a layer, shifted and rounded; ``before`` was heard before the beginning."""
    heard = add("Pad", values, ints(layer.reach, 0), floats(before), TIME)
    weights, bias = (
        add("Cast", array, to=SINGLE) for array in (layer.weights.transpose(2, 1, 0), layer.bias)
    )
    sums = add("Conv", heard, weights, bias, dilations=[layer.dilation])
    scale = np.ldexp(np.float32(1), -layer.shift.astype(np.int32))[:, None]
    return add("Floor", add("Add", add("Mul", sums, scale), floats(0.5)))


def speech(add: Graph, score: str, samples: str, cells: str) -> str:
    """The share of time in which somebody speaks, as of `gate.Gate.speech`, of whole recordings."""
    marks = add("GreaterOrEqual", score, floats(gate.weights().threshold))
    sounds = add("Cast", marks, to=SINGLE)
    held = add("MaxPool", sounds, kernel_shape=[2 * gate.HOLD + 1], pads=[gate.HOLD, gate.HOLD])
    numbers = add("Range", np.int64(0), add("Squeeze", cells), np.int64(1))
    left = add("Sub", samples, add("Mul", numbers, ints(gate.CELL)))
    inside = add("Cast", add("Min", left, ints(gate.CELL)), to=DOUBLE)
    spoken, sounding = (
        add(
            "ReduceSum",
            add("Mul", add("Cast", add("Slice", each, ints(0), cells, TIME), to=DOUBLE), inside),
            ints(1, 2),
            keepdims=0,
        )
        for each in (held, sounds)
    )
    all_of_it = add("Cast", samples, to=DOUBLE)
    marked, begins = runs(add, sounds, cells)
    flickers = add("Less", marked, add("Mul", begins, floats(gate.LEAST_RUN)))
    half = add("Mul", all_of_it, np.float64(0.5))
    least = add("Min", half, np.float64(gate.LEAST_S * gate.MEL.sample_rate))
    share = add("Div", add("Where", flickers, sounding, spoken), all_of_it)
    answer = add("Where", add("Less", sounding, least), np.float64(0), share)
    return add("Cast", answer, to=SINGLE, name="speech")


def runs(add: Graph, sounds: str, cells: str) -> tuple[str, str]:
    """Count cells that sound like speech, and those of them that follow one which does not."""
    now = add("Slice", sounds, ints(0), cells, TIME)
    before = add("Slice", add("Pad", now, ints(1, 0), floats(1), TIME), ints(0), cells, TIME)
    began = add("Mul", now, add("Sub", floats(1), before))
    marked, begins = (add("ReduceSum", each, ints(1, 2), keepdims=0) for each in (now, began))
    return marked, begins


def finished(add: Graph) -> onnx.ModelProto:
    """Put nodes and constants between the input and the outputs."""
    describe = helper.make_tensor_value_info
    graph = helper.make_graph(
        add.nodes,
        "gate",
        [describe("waveform", SINGLE, ["batch", "samples"])],
        [
            describe("scores", TensorProto.INT32, ["batch", "cells"]),
            describe("speech", SINGLE, ["batch"]),
        ],
        add.constants,
    )
    opsets = [helper.make_opsetid("", OPSET)]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    onnx.checker.check_model(made, full_check=True)
    return made
