"""The pitch of a voice: frame by frame from the autocorrelation, joined to the smoothest path.

The autocorrelation of a windowed frame is divided by that of the window (Boersma 1993), so that a
period is a peak of height 1 however long it is. Of the peaks of each frame, and of no pitch at
all, a path is chosen by dynamic programming. Levels count relative to the recording's own peak: a
faint voice has a pitch as well.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightspeech.audio.windows import Waveform

Array = npt.NDArray[np.float64]

SAMPLE_RATE = 16_000
"""Hz; the one rate that pitch is found at, and edits are made at."""
HOP = 80
"""Samples from frame to frame: 5 ms."""
FRAME = 640
"""Samples: 40 ms, three periods of the lowest pitch."""
LOWEST_HZ, HIGHEST_HZ = 75.0, 600.0
CANDIDATES = 6
"""Peaks of a frame that may be its period."""
VOICING, SILENCE = 0.45, 0.03
"""Height a peak must have, and share of the recording's peak below which a frame fades to none."""
OCTAVE_COST, JUMP_COST, VOICING_COST = 0.02, 0.35, 0.14
"""A period twice as long must fit better; a jump of an octave in 10 ms; voice that comes or goes.
Values as of Boersma (1993), the first a little more against subharmonics."""
FINER = 2
"""Times as many lags as samples."""


@dataclass(frozen=True, eq=False)
class Pitch:
    """Pitch of a recording at `SAMPLE_RATE`.

    Attributes:
        f0_hz: of each frame, 0 where there is no voice, shape ``(frames,)``; frame t is centred at
            sample ``t * HOP``.
        strength: height of the period's peak in the autocorrelation, 0 to 1, same shape.
    """

    f0_hz: Array
    strength: Array

    @property
    def voiced(self) -> npt.NDArray[np.bool_]:
        """Which frames have a pitch, shape ``(frames,)``."""
        return self.f0_hz > 0

    def spans(self) -> list[tuple[int, int]]:
        """First sample and end of each stretch of voice."""
        edges = np.flatnonzero(np.diff(np.pad(self.voiced.astype(np.int8), 1)))
        return [(int(a) * HOP, int(b) * HOP) for a, b in zip(edges[::2], edges[1::2], strict=True)]

    def median_hz(self) -> float:
        """Median over all voice, in Hz; 0 where there is none."""
        return float(np.median(self.f0_hz[self.voiced])) if self.voiced.any() else 0.0


def track(waveform: Waveform) -> Pitch:
    """Find the pitch of a recording.

    Args:
        waveform: shape ``(samples,)``, −1 to 1, at `SAMPLE_RATE`; of any length.
    """
    n_frames = len(waveform) // HOP + 1
    padded = np.pad(waveform.astype(np.float64), FRAME // 2 + HOP)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[HOP::HOP][:n_frames]
    frames = frames - frames.mean(1, keepdims=True)
    height, f0_hz = _candidates(_autocorrelation(frames))
    loudness = np.abs(frames).max(1) / max(np.abs(frames).max(), 1e-12)
    height[:, 0] = VOICING + np.maximum(0, 2 - loudness / SILENCE * (1 + VOICING))
    chosen = _path(height, f0_hz)
    rows = np.arange(n_frames)
    f0 = f0_hz[rows, chosen]
    # What the path charged for a longer period is no part of the peak.
    peak = height[rows, chosen] + OCTAVE_COST * np.log2(HIGHEST_HZ / np.maximum(f0, LOWEST_HZ))
    return Pitch(f0, np.where(f0 > 0, peak, 0).clip(0, 1))


def _autocorrelation(frames: Array) -> Array:
    """Normalized, at `FINER` lags a sample, shape ``(frames, lags)``."""
    n_fft, longest = 1024, int(SAMPLE_RATE / LOWEST_HZ) + 2
    window = np.hanning(FRAME + 2)[1:-1]

    def correlated(rows: Array) -> Array:
        power = np.abs(np.fft.rfft(rows * window, n_fft)) ** 2
        lags: Array = np.fft.irfft(power, FINER * n_fft)[..., : FINER * longest]
        return lags / np.maximum(lags[..., :1], 1e-20)

    return correlated(frames) / correlated(np.ones(FRAME))


def _candidates(correlation: Array) -> tuple[Array, Array]:
    """Heights and pitches of no voice and the best peaks, ``(frames, 1 + CANDIDATES)`` each."""
    first = int(FINER * SAMPLE_RATE / HIGHEST_HZ)
    left, middle, right = (correlation[:, first + at :][:, : -2 + at or None] for at in range(3))
    is_peak = (middle > left) & (middle >= right) & (middle > 0.3)
    bend = np.where(is_peak, left - 2 * middle + right, -1.0)
    shift = np.where(is_peak, 0.5 * (left - right) / np.minimum(bend, -1e-9), 0).clip(-1, 1)
    lag = (np.arange(middle.shape[1]) + first + 1 + shift) / FINER
    peak = middle - 0.25 * (left - right) * shift
    cost = OCTAVE_COST * np.log2(LOWEST_HZ * lag / SAMPLE_RATE)
    height = np.where(is_peak, peak - cost - OCTAVE_COST * np.log2(HIGHEST_HZ / LOWEST_HZ), -9.0)
    best = np.argpartition(-height, CANDIDATES, axis=1)[:, :CANDIDATES]
    heights, f0_hz = (np.zeros((len(correlation), 1 + CANDIDATES)) for _ in range(2))
    heights[:, 1:] = np.take_along_axis(height, best, 1)
    f0_hz[:, 1:] = SAMPLE_RATE / np.take_along_axis(lag, best, 1)
    return heights, f0_hz


def _path(height: Array, f0_hz: Array) -> npt.NDArray[np.int64]:
    """Choose a candidate of each frame: heights less the cost of jumps, shape ``(frames,)``."""
    per_frame = 0.01 * SAMPLE_RATE / HOP
    octaves = np.log2(np.maximum(f0_hz, 1.0))
    voiced = f0_hz > 0
    total, came_from = height[0], np.zeros(height.shape, np.int64)
    for t in range(1, len(height)):
        jump = JUMP_COST * np.abs(octaves[t][:, None] - octaves[t - 1])
        turn = voiced[t][:, None] != voiced[t - 1]
        reached = total - per_frame * np.where(turn, VOICING_COST, jump)
        came_from[t] = reached.argmax(1)
        total = height[t] + reached.max(1)
    chosen = np.zeros(len(height), np.int64)
    chosen[-1] = total.argmax()
    for t in range(len(height) - 1, 0, -1):
        chosen[t - 1] = came_from[t, chosen[t]]
    return chosen
