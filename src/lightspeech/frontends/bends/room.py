"""A room: an echo that dies away within 0.2 to 1 s, darker than the voice, which is near or far."""

import numpy as np

from lightspeech.frontends.bends._sounds import Waveform, filtered, mixed

T60_S = (0.2, 1.0)
"""Seconds in which the echo falls by 60 dB."""
FIRST_S = (0.002, 0.01)
"""Seconds until it begins."""
DARK_HZ = (2000.0, 7000.0)
"""Above it walls give back less, 6 dB an octave."""
NEAR_DB = (-6.0, 12.0)
"""Power of the voice over that of the echo."""


def bend(waveform: Waveform, sample_rate: int, rng: np.random.Generator) -> Waveform:
    """Put a recording into a room.

    Args:
        waveform: the recording, −1 to 1, shape ``(samples,)``.
        sample_rate: of it, Hz.
        rng: the numbers that are drawn for it.

    Returns:
        The recording bent, −1 to 1, shape ``(samples,)``.
    """
    t60, first, dark, near_db = (rng.uniform(*r) for r in (T60_S, FIRST_S, DARK_HZ, NEAR_DB))
    time = np.arange(int(1.2 * t60 * sample_rate)) / sample_rate
    echo = rng.normal(size=len(time)) * 10 ** (-3 * time / t60) * (time > first)
    n = len(waveform) + len(echo)
    spectrum = np.fft.rfft(waveform, n) * np.fft.rfft(echo, n)
    heard = filtered(
        np.fft.irfft(spectrum, n), sample_rate, lambda hertz: 1 / np.sqrt(1 + (hertz / dark) ** 2)
    )
    return mixed(waveform, heard[: len(waveform)], near_db)
