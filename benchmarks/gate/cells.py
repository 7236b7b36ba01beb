"""Energies of every frame of a recording, and which of them are speech, cached once.

A recording of speech is clean: what is near its own loud part is speech, what is far below is none,
and what lies between is not asked.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lightspeech.audio import gate
from lightspeech.audio.windows import Waveform

LOUD = 95
"""Percentile of the levels of a recording's cells: its loud part."""
SPEECH_DB, SILENCE_DB = -25.0, -40.0
"""Relative to the loud part: above, a cell is speech; below, it is none."""
ABOVE_FLOOR_DB = 10.0
"""That speech is above the quietest cells of its recording."""
LEAST_SPREAD_DB = 20.0
"""Between the loud part and the quietest cells; with less, nobody knows who speaks when."""
SPEECH, NONE, UNKNOWN = 1, 0, -1


def cells_db(waveform: Waveform, hop: int = gate.CELL) -> np.ndarray:
    """Level of each cell of `gate.CELL` samples, in dB of full scale, shape ``(cells,)``."""
    cells = np.lib.stride_tricks.sliding_window_view(waveform, gate.CELL)[::hop]
    power = np.square(cells, dtype=np.float64).mean(1)
    return np.asarray(10 * np.log10(power + 1e-15))


def labels(waveform: Waveform, hop: int = gate.CELL) -> np.ndarray:
    """Tell of each cell whether it is speech: `SPEECH`, `NONE` or `UNKNOWN`, shape ``(cells,)``."""
    level = cells_db(waveform, hop)
    if not len(level):
        return np.zeros(0, np.int8)
    loud, quiet = np.percentile(level, (LOUD, 5))
    if loud - quiet < LEAST_SPREAD_DB:
        return np.full(len(level), UNKNOWN, np.int8)
    speech = level > max(loud + SPEECH_DB, quiet + ABOVE_FLOOR_DB)
    none = level < loud + SILENCE_DB
    return np.where(speech, SPEECH, np.where(none, NONE, UNKNOWN)).astype(np.int8)


@dataclass(frozen=True)
class Cells:
    """Recordings of one kind, one after the other, at half a cell's hop.

    Attributes:
        energies: shape ``(frames, gate.N_BANDS)``, float32.
        labels: shape ``(frames,)``.
        offsets: where each recording begins, and the end, shape ``(recordings + 1,)``.
    """

    energies: np.ndarray
    labels: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        """Count recordings."""
        return len(self.offsets) - 1


HOP = gate.CELL // 2


def measure(waveforms: Iterable[Waveform], *, spoken: bool) -> Cells:
    """Measure recordings; without speech every cell is none."""
    energies, marks = [], []
    for waveform in waveforms:
        if len(waveform) < 3 * gate.CELL:
            continue
        mark = labels(waveform, HOP)
        even, odd = gate.energies(waveform), gate.energies(waveform[HOP:])
        both = np.zeros((len(even) + len(odd), gate.N_BANDS), np.float32)
        both[::2], both[1::2] = even, odd
        energies.append(both[: len(mark)])
        marks.append(mark if spoken else np.zeros(len(mark), np.int8))
    offsets = np.cumsum([0, *map(len, marks)])
    return Cells(np.concatenate(energies), np.concatenate(marks), offsets)


def cached(path: Path, waveforms: Callable[[], Iterable[Waveform]], *, spoken: bool) -> Cells:
    """Measure once; what is on disk is read."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        cells = measure(waveforms(), spoken=spoken)
        np.savez(path, energies=cells.energies, labels=cells.labels, offsets=cells.offsets)
    with np.load(path) as data:
        return Cells(data["energies"], data["labels"], data["offsets"])
