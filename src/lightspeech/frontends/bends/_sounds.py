"""Filters by a spectrum, and mixtures that are as loud as the voice was."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.audio.frontend.tables import Double as Double
from lightspeech.audio.windows import Waveform as Waveform


def filtered(
    sound: npt.ArrayLike, sample_rate: int, gain: Callable[[Double], npt.NDArray[Any]]
) -> Double:
    """Multiply the spectrum of a sound.

    Args:
        sound: shape ``(samples,)``.
        sample_rate: Hz.
        gain: of each frequency in Hz.
    """
    sound = np.asarray(sound, np.float64)
    hertz = np.fft.rfftfreq(len(sound), 1 / sample_rate).astype(np.float64)
    return np.asarray(np.fft.irfft(np.fft.rfft(sound) * gain(hertz), len(sound)))


def mixed(voice: Waveform, added: Double, below_db: float) -> Waveform:
    """Add a sound so many dB below a voice; together they have the power that the voice had.

    Args:
        voice: shape ``(samples,)``.
        added: shape ``(samples,)``.
        below_db: power of the voice over that of what is added.
    """
    power, of_added = float((voice**2).mean()), max(float((added**2).mean()), 1e-20)
    both = voice + added * np.sqrt(power / of_added) * 10 ** (-below_db / 20)
    both *= np.sqrt(power / max(float((both**2).mean()), 1e-20))
    return np.asarray(np.clip(both, -1, 1), np.float32)
