"""Tables of the front end in whole numbers, for processors without a floating point unit."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.audio import frontend, gate
from lightspeech.audio.frontend import Array, MelConfig
from lightspeech.export.c99 import arrays

FULL = 65_535
"""Largest entry of a table of 16 bits, which stands for 1, or for the largest weight."""
DOWN, BITS = 11, 12
"""Bits that a sample times its window, and an energy, is shifted down by: sums fit 32 and 64."""
TURN = 1 << 30
"""Of a cosine, which is 1."""
POINT = 28
"""Bits behind the point of a floor: as many as a silent frame is shifted up by, squared."""


def tables(cfg: MelConfig, gain: Array, offset: Array, steps: int) -> list[str]:
    """Write what ``ls_frontend_fixed.h`` reads: lines of C.

    Args:
        cfg: the front end, log-mel bands of powers.
        gain: int8 steps of the network's input a unit of a feature, shape ``(n_features,)``.
        offset: the int8 number, unrounded, of a feature that is 0, same shape.
        steps: of a kept log band, a unit of the natural logarithm.
    """
    angle = 2 * np.pi * np.arange(cfg.n_fft) / cfg.n_fft
    bands = frontend.tables(cfg).bands
    weights = np.concatenate([band for _, band in bands]).astype(np.float64)
    full_scale = 32_768 * FULL / 2**DOWN
    unit = float(weights.max()) / FULL * 2**BITS / full_scale**2
    octave = math.log(2) * 2**16
    values = {
        "LS_FIXED_DOWN": DOWN,
        "LS_FIXED_BITS": BITS,
        "LS_FIXED_ONE": f"({round(-math.log2(unit) * 2**16)})",
        "LS_FIXED_HALVES": round(octave * 2 * steps),
        "LS_FIXED_FLOOR": f"UINT64_C({round(cfg.floor / unit * 2**POINT)})",
        "LS_FIXED_RANGE": round(frontend.log_range(cfg) * steps),
        "LS_FIXED_GATE_STEPS": round(octave * gate.STEPS),
        "LS_FIXED_GATE_FLOOR": f"UINT64_C({round(gate.FLOOR / unit * 2**POINT)})",
    }
    log2 = np.log2(1 + np.arange(257) / 256) * 2**16
    return [
        *(f"#define {name} {value}" for name, value in values.items()),
        arrays.array("uint16_t", "ls_hann", _whole((1 - np.cos(angle)) / 2 * FULL)),
        arrays.array("int32_t", "ls_cosine", _whole(np.cos(angle) * TURN).clip(1 - TURN, TURN - 1)),
        arrays.array("uint16_t", "ls_log2", _whole(log2).clip(0, FULL)),
        arrays.array("uint16_t", "ls_band_first", [first for first, _ in bands]),
        arrays.array("uint16_t", "ls_band_size", [len(band) for _, band in bands]),
        arrays.array("uint16_t", "ls_band_weights", _whole(weights / weights.max() * FULL)),
        arrays.array("int32_t", "ls_gain", _whole(gain / steps * 2.0**16)),
        arrays.array("int32_t", "ls_offset", _whole((offset + 0.5) * 2.0**16)),
    ]


def _whole(values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.int64]:
    whole: npt.NDArray[np.int64] = np.rint(values).astype(np.int64)
    return whole
