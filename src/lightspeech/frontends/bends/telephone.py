"""A telephone line: its band, and A-law (ITU-T G.711) at 8 kHz.

Lines differ: the lower edge is 200 to 450 Hz, the upper one 2,900 to 3,700 Hz, each with the slope
of a Butterworth filter of third order.
"""

import numpy as np

from lightspeech.frontends.bends._sounds import Double, Waveform, filtered

LOW_HZ, HIGH_HZ = (200.0, 450.0), (2900.0, 3700.0)
HALF_RATE_HZ = 4000.0
"""Above it a line has nothing."""
ORDER = 3
A = 87.6
"""Of the A-law."""
HEADROOM = 0.5
"""Share of full scale that the loudest sample takes."""


def bend(waveform: Waveform, sample_rate: int, rng: np.random.Generator) -> Waveform:
    """Send a recording through a line.

    Args:
        waveform: the recording, −1 to 1, shape ``(samples,)``.
        sample_rate: of it, Hz.
        rng: the numbers that are drawn for it.

    Returns:
        The recording bent, −1 to 1, shape ``(samples,)``.
    """
    low, high = rng.uniform(*LOW_HZ), rng.uniform(*HIGH_HZ)

    def band(hertz: Double) -> Double:
        above = 1 + (low / np.maximum(hertz, 1e-3)) ** (2 * ORDER)
        below = 1 + (hertz / high) ** (2 * ORDER)
        return np.where(hertz < HALF_RATE_HZ, 1 / np.sqrt(above * below), 0.0)

    line = filtered(waveform, sample_rate, band)
    peak = max(float(np.abs(line).max()), 1e-9) / HEADROOM
    coded = companded(line / peak) * peak
    return np.asarray(filtered(coded, sample_rate, lambda hz: hz < HALF_RATE_HZ), np.float32)


def companded(sound: Double) -> Double:
    """Code by the A-law in eight bits, and decode.

    Args:
        sound: −1 to 1, shape ``(samples,)``.

    Returns:
        The same shape.
    """
    size, whole = np.abs(sound), 1 + np.log(A)
    law = np.where(size < 1 / A, A * size, 1 + np.log(np.maximum(A * size, 1))) / whole
    coded = np.round(law * 127) / 127 * whole
    back = np.where(coded < 1, coded / A, np.exp(coded - 1) / A)
    return np.asarray(np.sign(sound) * back)
