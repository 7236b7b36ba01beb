"""What a UNIDIRECTIONAL_SEQUENCE_LSTM of ours is given: a kernel takes it on trust."""

import math

from lightspeech.export.tflite_file import Graph, Operation, Tensor

KIND = "UNIDIRECTIONAL_SEQUENCE_LSTM"
SOURCE, WEIGHTS, BIASES, HIDDEN, CELL = 0, range(1, 9), range(12, 16), 18, 19
"""Places among its 24 inputs; all others are left out: peepholes, projection, norms."""
N_INPUTS, N_INTERMEDIATES = 24, 5
CELL_BITS = range(-15, -8)
"""Powers of two that the scale of the cell state may be."""


def fault(graph: Graph, operation: Operation) -> str | None:
    """Say why an LSTM layer is none that a device's kernel computes.

    Args:
        graph: as read from a file.
        operation: of `KIND`.

    Returns:
        In words, None where nothing is wrong.
    """
    needed = {SOURCE, *WEIGHTS, *BIASES, HIDDEN, CELL}
    there = {i for i, place in enumerate(operation.inputs) if place >= 0}
    if len(operation.inputs) != N_INPUTS or there != needed or len(operation.outputs) != 1:
        return "is no plain layer: input, weights, biases and states, and one output"
    given = {i: graph.tensors[operation.inputs[i]] for i in sorted(there)}
    within = [graph.tensors[place] for place in operation.intermediates]
    out = graph.tensors[operation.outputs[0]]
    return (
        _misshaped(given, out)
        or _mistyped(given, out)
        or _misscaled(given, out, within)
        or _misset(operation)
    )


def _misshaped(given: dict[int, Tensor], out: Tensor) -> str | None:
    source, units = given[SOURCE].shape, given[BIASES[0]].size
    if len(source) != 3 or source[0] != 1 or out.shape != (1, source[1], units):
        return "wants one sequence of frames"
    wanted = {
        **dict.fromkeys(WEIGHTS[:4], (units, source[2])),
        **dict.fromkeys(WEIGHTS[4:], (units, units)),
        **dict.fromkeys(BIASES, (units,)), HIDDEN: (1, units), CELL: (1, units),
    }  # fmt: skip
    return None if all(given[i].shape == wanted[i] for i in wanted) else "shapes differ"


def _mistyped(given: dict[int, Tensor], out: Tensor) -> str | None:
    other = {**dict.fromkeys(BIASES, "int32"), CELL: "int16"}
    if out.dtype != "int8" or any(t.dtype != other.get(i, "int8") for i, t in given.items()):
        return "types differ"
    constant = (*WEIGHTS, *BIASES)
    if any(given[i].data is None for i in constant):
        return "weights are not constant"
    if any(t.is_state != (i in (HIDDEN, CELL)) for i, t in given.items()):
        return "keeps other states than its own"
    return None


def _misscaled(given: dict[int, Tensor], out: Tensor, within: list[Tensor]) -> str | None:
    if any(len(t.scales) != 1 for t in (*given.values(), out, *within)):
        return "has not one scale a tensor"
    if any(given[i].zeros != (0,) for i in (*WEIGHTS, CELL)):
        return "has a zero point other than 0"
    fraction, power = math.frexp(float(given[CELL].scales[0]))
    if fraction != 0.5 or power - 1 not in CELL_BITS:
        return f"has cell states by {given[CELL].scales[0]:g}"
    if len(within) != N_INTERMEDIATES:
        return "does not tell the scales within it"
    ends = {(float(t.scales[0]), t.zeros) for t in (given[HIDDEN], out, within[-1])}
    return None if len(ends) == 1 else "gives its hidden state by another scale"


def _misset(operation: Operation) -> str | None:
    options = operation.options
    wanted = {"activation": "tanh", "cell_clip": 0, "proj_clip": 0, "time_major": 0}
    return None if options == wanted else f"has options {options}"
