"""The spectrum: its tilt, and which bands of it are there; the level stays in all of them."""

from collections.abc import Callable
from functools import partial

import numpy as np

from lightspeech.audio.cues.edit import Edit, at_level_of
from lightspeech.audio.pitch import SAMPLE_RATE, Array
from lightspeech.audio.psola import Voice
from lightspeech.audio.windows import Waveform

TILTS_DB = (-3.0, -1.5, 1.5, 3.0)
PIVOT_HZ = 1000.0
TILTED_HZ = (100.0, 7600.0)
"""Outside, the gain is that of the edge: no rumble is made of a tilt."""
BANDS_HZ = {"low band": (0.0, 1000.0), "high band": (1000.0, 8000.0), "telephone": (300.0, 3400.0)}
EDGE_OCTAVES = 0.25
"""Width of a band's edges."""


def tilt(voice: Voice, decibels: float) -> Waveform | None:
    """Make a voice brighter or darker.

    Args:
        voice: by `psola.analyse`.
        decibels: gain per octave.

    Returns:
        Shape ``(samples,)``.
    """

    def gain(hertz: Array) -> Array:
        octaves = np.log2(hertz.clip(*TILTED_HZ) / PIVOT_HZ)
        return np.asarray(10 ** (decibels * octaves / 20))

    return at_level_of(_filtered(voice.waveform, gain), voice.waveform)


def band(voice: Voice, low_hz: float, high_hz: float) -> Waveform | None:
    """Leave one band alone.

    Args:
        voice: by `psola.analyse`.
        low_hz: its lower edge.
        high_hz: its upper edge.

    Returns:
        Shape ``(samples,)``.
    """

    def gain(hertz: Array) -> Array:
        octaves = np.log2(np.maximum(hertz, 1e-3))
        above = (octaves - np.log2(max(low_hz, 1e-3))) / EDGE_OCTAVES
        below = (np.log2(high_hz) - octaves) / EDGE_OCTAVES
        return np.asarray(above.clip(0, 1) * below.clip(0, 1)) if low_hz else below.clip(0, 1)

    return at_level_of(_filtered(voice.waveform, gain), voice.waveform)


def _filtered(waveform: Waveform, gain: Callable[[Array], Array]) -> Array:
    n = len(waveform) + SAMPLE_RATE // 8  # room behind, so that nothing rings around to the start
    hertz = np.fft.rfftfreq(n, 1 / SAMPLE_RATE).astype(np.float64)
    spectrum = np.fft.rfft(waveform.astype(np.float64), n)
    filtered: Array = np.fft.irfft(spectrum * gain(hertz), n)[: len(waveform)]
    return filtered


EDITS = (
    *(
        Edit(
            cue="spectral tilt",
            amount=decibels,
            unit="dB/oct",
            apply=partial(tilt, decibels=decibels),
        )
        for decibels in TILTS_DB
    ),
    *(
        Edit(cue=name, amount=0, unit="", apply=partial(band, low_hz=low, high_hz=high))
        for name, (low, high) in BANDS_HZ.items()
    ),
)
