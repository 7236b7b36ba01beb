"""Loudness: its level in dB, and how far it rises and falls within a sentence."""

from functools import partial

import numpy as np

from lightspeech.audio.cues.edit import Edit, at_level_of, is_long, unless_clipped
from lightspeech.audio.pitch import SAMPLE_RATE, Array
from lightspeech.audio.psola import Voice
from lightspeech.audio.windows import Waveform

LEVELS_DB = (-12.0, -6.0, 6.0)
CONTOURS = (0.0, 0.5)
SMOOTH_S = 0.1
"""Seconds over which loudness is taken: about half a syllable."""
RANGE_DB = 35.0
"""Further below the loudest place is a pause, which is not made louder than what is at its edge."""


def level(voice: Voice, decibels: float) -> Waveform | None:
    """Make everything louder or fainter; None where it would clip.

    Args:
        voice: by `psola.analyse`.
        decibels: louder; negative: fainter.

    Returns:
        Shape ``(samples,)``.
    """
    return unless_clipped(voice.waveform * 10.0 ** (decibels / 20))


def contour(voice: Voice, kept: float) -> Waveform | None:
    """Even the loudness of a sentence out, at the same level in all.

    Args:
        voice: by `psola.analyse`.
        kept: share of each deviation in dB that is left: 0 is equally loud all along.

    Returns:
        Shape ``(samples,)``.
    """
    if not is_long(voice):
        return None
    loudness = envelope(voice.waveform)
    heard = np.maximum(loudness, loudness.max() * 10 ** (-RANGE_DB / 20))
    gain = (heard / np.median(heard)) ** (kept - 1)
    return at_level_of(voice.waveform * gain, voice.waveform)


def envelope(waveform: Waveform) -> Array:
    """RMS over `SMOOTH_S` around each sample, weighted by a Hann window; shape ``(samples,)``.

    Args:
        waveform: shape ``(samples,)``.
    """
    n = round(SMOOTH_S * SAMPLE_RATE) | 1
    hop = n // 16  # power is smooth: computed at some places, interpolated between
    power = np.pad(waveform.astype(np.float64) ** 2, n)
    windows = np.lib.stride_tricks.sliding_window_view(power, n)[n // 2 + 1 :: hop]
    weight = np.hanning(n + 2)[1:-1]
    smooth = windows @ (weight / weight.sum())
    rms: Array = np.sqrt(np.interp(np.arange(len(waveform)), np.arange(len(smooth)) * hop, smooth))
    return np.maximum(rms, 1e-9)


EDITS = (
    *(
        Edit(
            cue="loudness level",
            amount=decibels,
            unit="dB",
            apply=partial(level, decibels=decibels),
        )
        for decibels in LEVELS_DB
    ),
    *(
        Edit(cue="loudness contour", amount=kept, unit="×", apply=partial(contour, kept=kept))
        for kept in CONTOURS
    ),
)
