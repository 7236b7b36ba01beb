"""What the voice gate hears: bands of every second mel frame, as whole steps below their peak."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Waveform

Integers = npt.NDArray[np.int64]

MEL = MelConfig()
"""Whose mel frames the gate hears: every second one, so that no two overlap."""
CELL = 2 * MEL.hop_length
"""Samples from frame to frame, 80 ms; what is said of a frame is said of so much time."""
N_BANDS = 16
"""Neighbouring mel bands are summed to so many."""
DECIMALS = 9
"""Of the weights of a band, so that every language reads the same ones."""
FLOOR = 1e-18
"""Added to an energy before the logarithm; 80 dB below the rounding noise of 16 bits."""
STEPS = 128
"""Of a level to a unit of the natural logarithm: 0.034 dB each."""
COARSE = 16
"""Steps of a level to one of the network's input: 0.54 dB."""
RANGE = 127
"""Steps below the running peak that are heard: 69 dB."""
DECAY = 8
"""Steps of a level that the running peak falls a frame: 3.4 dB a second."""
AT_ONCE = 16
"""Frames whose spectra are held at once: what memory is new costs more than what is cached."""


@lru_cache(maxsize=1)
def pooling() -> npt.NDArray[np.float64]:
    """Weights of each band, shape ``(n_fft // 2 + 1, N_BANDS)``: sums of mel bands, rounded."""
    matrix = frontend.tables(MEL).mel_matrix(MEL.n_fft // 2 + 1).astype(np.float64)
    pooled: npt.NDArray[np.float64] = matrix.reshape(len(matrix), N_BANDS, -1).sum(2)
    return pooled.round(DECIMALS)


@lru_cache(maxsize=1)
def _twice() -> npt.NDArray[np.float64]:
    """Weights of real and imaginary parts, which lie in turn: their squares need no other array."""
    return pooling().repeat(2, axis=0)


def energies(waveform: Waveform) -> npt.NDArray[np.float64]:
    """Measure each band of each frame.

    Args:
        waveform: shape ``(samples,)``, −1…1, at `MEL`'s sample rate.

    Returns:
        Shape ``(frames, N_BANDS)``: of each frame that is whole.
    """
    n_frames = max((len(waveform) - MEL.n_fft) // CELL + 1, 0)
    step = waveform.itemsize
    frames: Waveform = np.ndarray(
        (n_frames, MEL.n_fft), waveform.dtype, waveform, strides=(CELL * step, step)
    )
    pooled = np.empty((len(frames), N_BANDS))
    # In double precision a level depends neither on who transforms nor on how many frames at once.
    window = frontend.tables(MEL).window.astype(np.float64)
    for at in range(0, len(frames), AT_ONCE):
        bins = np.fft.rfft(frames[at : at + AT_ONCE] * window).view(np.float64)
        np.matmul(np.square(bins, out=bins), _twice(), out=pooled[at : at + AT_ONCE])
    return pooled


def levels(energy: npt.NDArray[np.float64]) -> Integers:
    """Take logarithms.

    Args:
        energy: of each frame and band, as of `energies`, shape ``(frames, N_BANDS)``.

    Returns:
        Same shape, `STEPS` whole steps to a unit of the natural logarithm.
    """
    whole: Integers = np.floor(STEPS * np.log(energy + FLOOR)).astype(np.int64)
    return whole


SILENT = levels(np.zeros((1, N_BANDS)))
"""Of digital silence: one frame of it."""
NOTHING = int(SILENT.max()) + COARSE * RANGE
"""The least running peak: with it, digital silence lies just at the end of what is heard."""


def relative(level: Integers, peak: int) -> tuple[Integers, int]:
    """Take levels relative to their running peak.

    Args:
        level: of each frame and band, as of `levels`, shape ``(frames, N_BANDS)``.
        peak: that was reached before the first frame; `NOTHING` at the beginning.

    Returns:
        What the network hears, −`RANGE` to 0, of the shape of ``level``, and the peak now.
    """
    if not len(level):
        return level, peak
    fallen = DECAY * np.arange(1, len(level) + 1)
    reached = np.maximum.accumulate(np.maximum(level.max(1) + fallen, peak))
    peaks = np.maximum(reached - fallen, NOTHING)
    return np.maximum((level - peaks[:, None]) // COARSE, -RANGE), int(peaks[-1])
