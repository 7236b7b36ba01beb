"""Turns: what somebody says between two pauses, cut out of a recording that is still going on."""

from typing import NamedTuple

import numpy as np

from lightspeech.audio.gate import CELL, HOLD, LEAST_S, MEL, Gate
from lightspeech.audio.windows import Waveform

CELL_S = CELL / MEL.sample_rate
PAUSE = 2 * HOLD
"""Cells without speech that end a turn, 0.96 s: the gate bridges what is shorter."""
MARGIN = HOLD // 2
"""Cells before and after what sounds like speech that belong to a turn."""
LONGEST_S = 10.0
"""Longer turns are told in parts of so many seconds, the unit that all figures are measured on."""


class Turn(NamedTuple):
    """What somebody said between two pauses.

    Attributes:
        start_s: seconds from the beginning of the recording.
        end_s: seconds.
        waveform: shape ``(samples,)``, −1…1.
    """

    start_s: float
    end_s: float
    waveform: Waveform


class Turns:
    """Cuts one recording; of its audio it keeps no more than the longest turn and a second."""

    def __init__(self, sample_rate: int) -> None:
        """Begin a recording of ``sample_rate`` Hz."""
        self._sample_rate = sample_rate
        self._kept = np.zeros(0, np.float32)
        self._first = 0  # sample of the recording that `_kept` begins with
        self._cell = 0  # the next one to look at
        self._floor = 0  # cell where the turn before ended
        self._begin: int | None = None  # first and last cell of this turn, and how many sounded
        self._last = self._n_sounding = 0

    def feed(self, block: Waveform, gate: Gate) -> list[Turn]:
        """Take a block; give the turns that ended.

        Args:
            block: shape ``(samples,)``, −1…1.
            gate: was fed the same blocks.
        """
        self._kept = np.concatenate((self._kept, block))
        turns = [turn for sounds in gate.sounding(self._cell) for turn in self._look(bool(sounds))]
        begin = self._cell if self._begin is None else self._begin
        passed = max(self._sample(max(begin - MARGIN, self._floor)) - self._first, 0)
        self._kept, self._first = self._kept[passed:], self._first + passed
        return turns

    def flush(self, gate: Gate) -> list[Turn]:
        """End the recording; give the turns that were not told yet.

        Args:
            gate: was flushed.
        """
        turns = [turn for sounds in gate.sounding(self._cell) for turn in self._look(bool(sounds))]
        return turns + ([] if self._begin is None else self._close())

    def _look(self, sounds: bool) -> list[Turn]:
        """Look at the next cell."""
        cell, self._cell = self._cell, self._cell + 1
        if sounds:
            self._begin = cell if self._begin is None else self._begin
            self._last, self._n_sounding = cell, self._n_sounding + 1
        if self._begin is None:
            return []
        is_full = (cell + 1 - self._begin + 2 * MARGIN + 1) * CELL_S > LONGEST_S
        return self._close() if is_full or cell - self._last >= PAUSE else []

    def _close(self) -> list[Turn]:
        """End the turn; what is shorter than a short word is none."""
        assert self._begin is not None
        begin, end = max(self._begin - MARGIN, self._floor), self._last + 1 + MARGIN
        is_speech = self._n_sounding * CELL_S >= LEAST_S
        self._begin, self._n_sounding, self._floor = None, 0, end
        if not is_speech:
            return []
        first, last = self._sample(begin), self._sample(end)
        waveform = self._kept[first - self._first : last - self._first]
        end_s = (first + len(waveform)) / self._sample_rate
        return [Turn(first / self._sample_rate, end_s, waveform)]

    def _sample(self, cell: int) -> int:
        return round(cell * CELL_S * self._sample_rate)
