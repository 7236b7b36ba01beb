"""Indices of a map: pieces of time, about a syllable each, by bands of the ear."""

from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.audio.pitch import SAMPLE_RATE
from lightspeech.audio.windows import Waveform
from lightspeech.metrics import Floats

PIECE_S = 0.25
"""Seconds of a piece; what is left at the end belongs to the last one."""
EDGES_HZ = (0, 300, 630, 1080, 1720, 2700, 4400, 8000)
"""Edges of the bands: three critical bands of the ear (Bark) each, after Zwicker (1961)."""
N_BANDS = len(EDGES_HZ) - 1
FRAME, HOP = 512, 128
"""Samples of the short-time spectrum that a waveform is taken apart by."""

Indices = npt.NDArray[np.int64]


def n_pieces(n_samples: int) -> int:
    """Count the pieces of a recording, 1 or more.

    Args:
        n_samples: at `pitch.SAMPLE_RATE`.
    """
    return max(int(n_samples / SAMPLE_RATE / PIECE_S), 1)


def pieces(seconds: npt.NDArray[Any], n_samples: int) -> Indices:
    """Name the piece of each moment.

    Args:
        seconds: from the beginning of the recording, any shape; before and behind it the first and
            last count.
        n_samples: of the recording, at `pitch.SAMPLE_RATE`.

    Returns:
        The same shape.
    """
    found: Indices = (seconds // PIECE_S).astype(np.int64).clip(0, n_pieces(n_samples) - 1)
    return found


def bands(hertz: npt.NDArray[Any]) -> Indices:
    """Name the band of each frequency.

    Args:
        hertz: of any shape.

    Returns:
        The same shape.
    """
    return np.searchsorted(EDGES_HZ, hertz, side="right").clip(1, N_BANDS).astype(np.int64) - 1


def components(waveform: Waveform) -> list[tuple[int, Floats]]:
    """Take a recording apart, so that all places together are the recording again.

    Args:
        waveform: shape ``(samples,)``, at `pitch.SAMPLE_RATE`.

    Returns:
        Of each piece its first sample, perhaps below 0, and its bands, shape
        ``(N_BANDS, samples)``.
    """
    spectrum = spectrum_of(waveform)
    of_frame, of_bin = places_of(spectrum, len(waveform))
    found = []
    for piece in range(n_pieces(len(waveform))):
        frames = np.flatnonzero(of_frame == piece)
        parts = [overlapped(spectrum[frames] * (of_bin == band)) for band in range(N_BANDS)]
        found.append((int(frames[0]) * HOP - FRAME, np.stack(parts)))
    return found


def energy(waveform: Waveform) -> Floats:
    """How loud each place is: sum of squared magnitudes, shape ``(pieces, N_BANDS)``.

    Args:
        waveform: shape ``(samples,)``, at `pitch.SAMPLE_RATE`.
    """
    power = np.abs(spectrum_of(waveform)) ** 2
    of_frame, of_bin = places_of(power, len(waveform))
    found = np.zeros((n_pieces(len(waveform)), N_BANDS))
    np.add.at(found, (of_frame[:, None], of_bin[None]), power)
    return found


def places_of(spectrum: npt.NDArray[Any], n_samples: int) -> tuple[Indices, Indices]:
    """Name the piece of each frame and the band of each bin.

    Args:
        spectrum: of `spectrum_of`, or of its shape ``(frames, bins)``.
        n_samples: of the recording.
    """
    middle = np.arange(len(spectrum)) * HOP - FRAME / 2
    return pieces(middle / SAMPLE_RATE, n_samples), bands(np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE))


def _window() -> Floats:
    return np.sqrt(np.hanning(FRAME + 1)[:-1])


def spectrum_of(waveform: Waveform) -> npt.NDArray[np.complex128]:
    """Short-time spectrum of a recording, shape ``(frames, bins)``; frames begin `FRAME` before it.

    Args:
        waveform: shape ``(samples,)``, at `pitch.SAMPLE_RATE`.
    """
    padded = np.pad(waveform.astype(np.float64), (FRAME, FRAME + -len(waveform) % HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    spectrum: npt.NDArray[np.complex128] = np.fft.rfft(frames * _window())
    return spectrum


def overlapped(spectrum: npt.NDArray[np.complex128]) -> Floats:
    """Lay frames over each other again: the waveform, from `FRAME` before the recording on.

    Args:
        spectrum: of some frames in a row, shape ``(frames, bins)``.

    Returns:
        Shape ``(samples,)``.
    """
    # Roots of Hann windows, of which four lie over each sample, sum to 2.
    rows = np.fft.irfft(spectrum, FRAME) * _window() / 2
    total = np.zeros((len(rows) - 1) * HOP + FRAME)
    for number in range(FRAME // HOP):  # every fourth frame touches the one before it
        flat = rows[number :: FRAME // HOP].ravel()
        total[number * HOP :][: len(flat)] += flat
    return total
