"""Deep noise, as of cars, trains and fans: it falls by 6 dB an octave above 30 to 300 Hz."""

import numpy as np

from lightspeech.frontends.bends._sounds import Waveform, filtered, mixed

EDGE_HZ = (30.0, 300.0)
BELOW_DB = (0.0, 20.0)
"""Power of the voice over that of the noise."""


def bend(waveform: Waveform, sample_rate: int, rng: np.random.Generator) -> Waveform:
    """Take a recording along.

    Args:
        waveform: the recording, −1 to 1, shape ``(samples,)``.
        sample_rate: of it, Hz.
        rng: the numbers that are drawn for it.

    Returns:
        The recording bent, −1 to 1, shape ``(samples,)``.
    """
    edge, below_db = rng.uniform(*EDGE_HZ), rng.uniform(*BELOW_DB)
    noise = filtered(
        rng.normal(size=len(waveform)),
        sample_rate,
        lambda hertz: 1 / np.sqrt(1 + (hertz / edge) ** 2),
    )
    return mixed(waveform, noise, below_db)
