"""Voice quality: breath, which is noise among the harmonics, and jitter."""

from functools import partial

import numpy as np

from lightspeech.audio import psola
from lightspeech.audio.cues.edit import Edit, at_level_of, has_pitch
from lightspeech.audio.pitch import Array
from lightspeech.audio.psola import Voice
from lightspeech.audio.windows import Waveform

BREATH_DB = (-10.0, -5.0)
"""Noise relative to the voice."""
JITTERS = (1.0, 3.0)
"""Standard deviation of a mark, in percent of its period."""
FRAME, HOP = 512, 128
FADE = 160
"""Samples over which breath comes and goes: 10 ms."""


def breath(voice: Voice, decibels: float) -> Waveform | None:
    """Mix noise of the same spectrum into what has a pitch; None where nothing has.

    Args:
        voice: by `psola.analyse`.
        decibels: of the noise, relative to the voice.

    Returns:
        Shape ``(samples,)``.
    """
    if not has_pitch(voice):
        return None
    is_voice = np.zeros(len(voice.waveform))
    for start, end in voice.pitch.spans():
        is_voice[start:end] = 1.0
    where = np.convolve(is_voice, np.full(FADE, 1 / FADE), "same")
    noise = _with_phases_of_noise(voice.waveform)
    mixed = voice.waveform + where * 10 ** (decibels / 20) * noise
    return at_level_of(mixed, voice.waveform)


def _with_phases_of_noise(waveform: Waveform) -> Array:
    """Make noise of the short-time spectrum of a waveform, as many samples."""
    rng = np.random.default_rng(len(waveform))
    padded = np.pad(waveform.astype(np.float64), (FRAME, FRAME + -len(waveform) % HOP))
    window = np.hanning(FRAME + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    size = np.abs(np.fft.rfft(frames * window))
    rows = np.fft.irfft(size * np.exp(2j * np.pi * rng.random(size.shape))) * window
    total = np.zeros(len(padded))
    for start, row in zip(range(0, len(frames) * HOP, HOP), rows, strict=True):
        total[start : start + FRAME] += row
    # Frames of random phases add by power; their sum of squared windows is alike everywhere.
    scale = np.sqrt(FRAME * HOP) / (window**2).sum()
    noise: Array = total[FRAME : FRAME + len(waveform)] * scale
    return noise


def jitter(voice: Voice, percent: float) -> Waveform | None:
    """Let periods stray at random; None where there are none.

    Args:
        voice: by `psola.analyse`.
        percent: standard deviation of a mark, of its period.

    Returns:
        Shape ``(samples,)``.
    """
    if not has_pitch(voice):
        return None
    rng = np.random.default_rng(len(voice.waveform))
    return psola.say(voice, stray=percent / 100 * rng.normal(size=len(voice.marks)))


EDITS = (
    *(
        Edit(cue="breath", amount=decibels, unit="dB", apply=partial(breath, decibels=decibels))
        for decibels in BREATH_DB
    ),
    *(
        Edit(
            cue="jitter",
            amount=percent,
            unit="%",
            apply=partial(jitter, percent=percent),
            resynthesized=True,
        )
        for percent in JITTERS
    ),
)
