"""A recording, heard by the voice gate block by block."""

import numpy as np
import numpy.typing as npt

from lightspeech.audio.gate.bands import CELL, MEL, N_BANDS, SILENT, energies, levels
from lightspeech.audio.gate.network import DELAY, Scorer, weights
from lightspeech.audio.resampling import Resampler
from lightspeech.audio.windows import Waveform

Marks = npt.NDArray[np.bool_]

HOLD = 4
"""Frames around one that is heard as speech that are speech too: a word is longer than a frame."""
HELD = 4 * MEL.sample_rate
"""Samples that may wait to be heard: many frames at once cost less than one by one."""
LEAST_S = 0.3
"""Seconds that must sound like speech, or half of the time: a short word does."""
LEAST_RUN = 2
"""Frames in a row that sound like speech, on average of a stretch, for it to be held: a syllable
lasts as long, what comes and goes faster is mostly music. Chosen on melodies made by rules."""


def flickers(sounds: Marks) -> bool:
    """Tell whether what sounds like speech comes and goes faster than `LEAST_RUN` allows.

    Args:
        sounds: of each cell of a stretch whether it does, shape ``(cells,)``; what begins before
            the stretch is no run of its own.
    """
    begins = np.count_nonzero(sounds[1:] & ~sounds[:-1])
    return bool(np.count_nonzero(sounds) < LEAST_RUN * begins)


def cells(n_samples: int) -> int:
    """Tell how many cells are heard of so many samples: silent ones too, which tell of the last."""
    return -(-n_samples // CELL) + DELAY + HOLD


class Gate:
    """Hears one recording, block by block; it keeps a byte for every 80 ms.

    What it says of a stretch does not depend on how the recording was cut into blocks.
    """

    def __init__(self, sample_rate: int) -> None:
        """Begin a recording of ``sample_rate`` Hz."""
        self._resampler = Resampler(sample_rate, MEL.sample_rate)
        self._scorer = Scorer(weights())
        self._blocks: list[Waveform] = []  # not yet heard, the first one from the next frame on
        self._waiting = self._n_samples = 0  # samples of them, and of the recording
        self._speech = bytearray()  # of each cell; the first `DELAY` are before the recording

    @classmethod
    def knowing(cls, sounding: Marks) -> "Gate":
        """Make the gate of a recording that another program heard to its end.

        Args:
            sounding: what that found of each of its `cells`, shape ``(cells,)``, the first `DELAY`
                from before the recording.
        """
        gate = cls(MEL.sample_rate)
        gate._speech = bytearray(sounding.tobytes())
        return gate

    def feed(self, block: Waveform) -> None:
        """Take a block, shape ``(samples,)``, −1…1."""
        self._take(self._resampler.feed(block))

    def flush(self) -> None:
        """Hear the rest; the recording ends."""
        self._take(self._resampler.flush())
        self._take(np.zeros(-self._n_samples % CELL, np.float32))
        self._hear(silence=DELAY + HOLD)

    def reaches(self, seconds: float) -> bool:
        """Tell whether enough was fed to know all before so many seconds."""
        return (self._n_samples // CELL - DELAY - HOLD) * CELL >= seconds * MEL.sample_rate

    def speech(self, start_s: float, end_s: float) -> float:
        """Tell the share of a stretch in which somebody speaks: 0, where nobody does, to 1.

        Of what flickers nothing is held, so its share is small and its answer uncertain.

        Args:
            start_s: seconds from the beginning of the recording.
            end_s: seconds, later; `reaches` them, or the recording was flushed.
        """
        self._hear()
        cell_s = CELL / MEL.sample_rate
        first, last = int(start_s / cell_s), int(np.ceil(end_s / cell_s))
        sounds, held = self._marks(first, last)
        begins = np.arange(first, first + len(sounds)) * cell_s
        inside = np.minimum(begins + cell_s, end_s) - np.maximum(begins, start_s)
        if inside @ sounds < min(LEAST_S, (end_s - start_s) / 2):
            return 0.0
        spoken = sounds if flickers(sounds) else held
        return min(float(inside @ spoken) / (end_s - start_s), 1.0)

    def sounding(self, first: int) -> Marks:
        """Tell of each cell from one on, as far as they are known, whether it sounds like speech.

        Args:
            first: the cell, `CELL` samples long, counted from 0.

        Returns:
            Shape ``(cells,)``.
        """
        self._hear()
        return np.frombuffer(self._speech, np.bool_)[DELAY + first :].copy()

    def _marks(self, first: int, last: int) -> tuple[Marks, Marks]:
        """Tell of cells whether they sound like speech, and whether one within `HOLD` does."""
        sounds = np.frombuffer(self._speech, np.bool_)[DELAY:]
        near = sounds[max(first - HOLD, 0) : last + HOLD]
        counts = np.convolve(near, np.ones(2 * HOLD + 1, np.int64))  # of those up to so far after
        return sounds[first:last], counts[HOLD + min(first, HOLD) :][: last - first] > 0

    def _take(self, block: Waveform) -> None:
        self._blocks.append(block)
        self._waiting += len(block)
        self._n_samples += len(block)
        if self._waiting > HELD:
            self._hear()

    def _hear(self, *, silence: int = 0) -> None:
        """Score all frames that are whole, and so many silent ones after them."""
        n_frames = self._waiting // CELL
        if not n_frames + silence:
            return
        waveform = np.concatenate(self._blocks)
        heard = energies(waveform[: n_frames * CELL]) if n_frames else np.empty((0, N_BANDS))
        after = SILENT.repeat(silence, axis=0)
        scores = self._scorer.scores(np.concatenate((levels(heard), after)))
        self._speech += (scores >= weights().threshold).tobytes()
        self._blocks = [waveform[n_frames * CELL :]]
        self._waiting -= n_frames * CELL
