"""A part of a recording, 0.6 to 1.5 s of where somebody speaks: both ends are cut off.

Windows that are longer hold it amid digital silence, as they hold whatever is shorter than they.
"""

import numpy as np

from lightspeech.frontends.bends._sounds import Waveform

LENGTH_S = (0.6, 1.5)
QUIETEST = 0.25
"""Least power of a part, as a share of that of the loudest part as long: pauses are none."""
STEP_S = 0.05
"""From one place where a part may begin to the next."""


def bend(waveform: Waveform, sample_rate: int, rng: np.random.Generator) -> Waveform:
    """Cut a part out of a recording.

    Args:
        waveform: the recording, −1 to 1, shape ``(samples,)``.
        sample_rate: of it, Hz.
        rng: the numbers that are drawn for it.

    Returns:
        A part of it, shape ``(samples,)``; all of it where it is no longer than that.
    """
    length_s, place = rng.uniform(*LENGTH_S), rng.uniform()
    length = round(length_s * sample_rate)
    if len(waveform) <= length:
        return waveform
    starts = np.arange(0, len(waveform) - length + 1, round(STEP_S * sample_rate))
    energy = np.cumsum([0.0, *np.square(waveform, dtype=np.float64)])
    power = energy[starts + length] - energy[starts]
    spoken = starts[power >= QUIETEST * power.max()]
    start = spoken[int(place * len(spoken))]
    return waveform[start : start + length]
