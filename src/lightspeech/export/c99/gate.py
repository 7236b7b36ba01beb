"""The voice gate in C: ``ls_gate.c`` is fixed; here its sizes and its weights are written."""

import dataclasses
from importlib.resources import files

import numpy as np

from lightspeech.audio import gate
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.export.c99 import arrays

FIXED = ("ls_gate.h", "ls_gate.c", "ls_pairs.h")
TABLES = "ls_gate_tables.h"
FREE = {
    "level": "kept", "floor": 0.0, "range_db": 0.0, "kind": "log_mel", "n_mfcc": 0, "clip": None,
}  # fmt: skip
"""What comes after the energies of the mel bands, which are all that the gate hears."""


def hears(cfg: MelConfig) -> bool:
    """Tell whether a front end has the mel bands that the gate learnt from.

    Args:
        cfg: the front end.
    """
    own, learnt = (dataclasses.asdict(mel) | FREE for mel in (cfg, gate.MEL))
    return own == learnt and cfg.kind != "spectrogram"


def sizes(windows: Windows) -> dict[str, int]:
    """Tell what the program must know of the gate: names of C to whole numbers.

    Args:
        windows: how long a window is.
    """
    layers = gate.weights().layers
    cell_s = gate.CELL / gate.MEL.sample_rate
    n_frames = gate.MEL.n_frames(windows.samples(gate.MEL.sample_rate)[0])
    n_cells = (n_frames + 1) // 2
    known = max(n_cells - gate.DELAY - gate.HOLD, 1)
    least = min(gate.LEAST_S / cell_s, known / 2)
    return {
        "LS_GATE_BANDS": gate.N_BANDS,
        "LS_GATE_MEMORY": sum((layer.reach + 1) * layer.weights.shape[1] for layer in layers),
        "LS_GATE_HOLD": gate.HOLD,
        "LS_GATE_KNOWN": known,
        "LS_GATE_CELLS": known + 2 * gate.HOLD,
        "LS_GATE_LEAST_CELLS": int(np.ceil(least)),
        "LS_GATE_LEAST_RUN": gate.LEAST_RUN,
    }


def levels() -> list[str]:
    """Write how the front end makes levels of energies: lines of C."""
    floor, steps = arrays.number(gate.FLOOR), arrays.number(gate.STEPS)
    return [f"#define LS_GATE_FLOOR {floor}", f"#define LS_GATE_STEPS {steps}"]


def sources() -> dict[str, str]:
    """Write the gate as C99: file name to text."""
    texts = {name: files(__package__).joinpath(name).read_text("utf-8") for name in FIXED}
    return {**texts, TABLES: _tables(gate.weights())}


def _tables(learnt: gate.Weights) -> str:
    last = learnt.layers[-1]
    shift = int(last.shift[0])
    values = {
        "LS_GATE_COARSE": gate.COARSE,
        "LS_GATE_RANGE": gate.RANGE,
        "LS_GATE_DECAY": gate.DECAY,
        "LS_GATE_NOTHING": f"({gate.NOTHING})",
        "LS_GATE_LARGEST": gate.LARGEST,
        "LS_GATE_WIDTH": max(layer.weights.shape[2] for layer in learnt.layers),
        "LS_GATE_LEAST_SUM": f"({(learnt.threshold << shift) - (1 << (shift - 1))})",
    }
    lines = [f"#define {name} {value}" for name, value in values.items()]
    rows = []
    for n, layer in enumerate(learnt.layers):
        lines += [
            arrays.array("gate_weight", f"gate_weights{n}", layer.weights.ravel().tolist()),
            arrays.array("int32_t", f"gate_bias{n}", layer.bias.tolist()),
            arrays.array("uint8_t", f"gate_shift{n}", layer.shift.tolist()),
        ]
        taps, inputs, outputs = layer.weights.shape
        numbers = f"{inputs}, {outputs}, {taps}, {layer.dilation}"
        rows.append(f"    {{gate_weights{n}, gate_bias{n}, gate_shift{n}, {numbers}}},\n")
    lines.append(f"static const gate_layer layers[] = {{\n{''.join(rows)}}};")
    return arrays.header(TABLES, lines)
