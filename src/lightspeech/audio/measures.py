"""Twelve numbers that say how something was said, each of which a person can hear.

At `pitch.SAMPLE_RATE`, whatever the file's rate; all but the level itself are relative to it. Not
those of eGeMAPS, whose harmonicity follows the pitch and whose loudness follows the sample rate:
harmonicity here is the height of the period's peak in the autocorrelation.
"""

import numpy as np

from lightspeech.audio.cues.loudness import RANGE_DB, envelope
from lightspeech.audio.pitch import HOP, SAMPLE_RATE, Array
from lightspeech.audio.psola import Voice
from lightspeech.audio.windows import Waveform

FRAME = 512
UNITS = {
    "pitch": "st",
    "pitch range": "st",
    "loudness": "dB",
    "loudness range": "dB",
    "jitter": "%",
    "shimmer": "dB",
    "harmonicity": "dB",
    "slope 0-500 Hz": "dB/kHz",
    "slope 500-1500 Hz": "dB/kHz",
    "alpha ratio": "dB",
    "voiced segments": "/s",
    "spectral flux": "",
}
"""Names, in their order, with units: pitch is in semitones above 100 Hz, loudness in dB below full
scale, both ranges standard deviations."""

_NOTHING = (np.nan, np.nan)


def measure(voice: Voice) -> Array:
    """Take all measures of a recording.

    Args:
        voice: by `psola.analyse`.

    Returns:
        In the order of `UNITS`, NaN where there is no voice or nothing to hear; shape ``(12,)``.
    """
    if len(voice.waveform) < FRAME or not np.abs(voice.waveform).max():
        return np.full(len(UNITS), np.nan)
    return np.array(
        [*_pitch(voice), *_loudness(voice.waveform), *_periods(voice), *_spectrum(voice)]
    )


def _pitch(voice: Voice) -> tuple[float, float]:
    semitones = 12 * np.log2(voice.pitch.f0_hz[voice.pitch.voiced] / 100)
    return (float(np.median(semitones)), float(semitones.std())) if len(semitones) else _NOTHING


def _loudness(waveform: Waveform) -> tuple[float, float]:
    decibels = 20 * np.log10(envelope(waveform))
    heard = decibels[decibels > decibels.max() - RANGE_DB]
    return 10 * float(np.log10(np.mean(10 ** (heard / 10)))), float(heard.std())


def _periods(voice: Voice) -> tuple[float, float, float]:
    """Jitter, shimmer and harmonicity."""
    pitch = voice.pitch
    if pitch.voiced.sum() < 3:
        return (*_NOTHING, np.nan)
    both = voice.is_voiced[1:] & voice.is_voiced[:-1]
    periods = np.where(both, np.diff(voice.marks), np.nan)[: len(voice.marks) - 1]
    peaks = np.array([np.abs(_around(voice, mark)).max(initial=1e-9) for mark in voice.marks[:-1]])
    steps = np.abs(np.diff(periods))
    heights = np.where(voice.is_voiced[:-1], peaks, np.nan)
    ratios = np.abs(np.diff(20 * np.log10(heights)))
    strength = np.median(pitch.strength[pitch.voiced].clip(0.01, 0.9999))
    jitter = 100 * np.nanmean(steps) / np.nanmean(periods) if np.isfinite(steps).any() else np.nan
    shimmer = np.nanmean(ratios) if np.isfinite(ratios).any() else np.nan
    return float(jitter), float(shimmer), float(10 * np.log10(strength / (1 - strength)))


def _around(voice: Voice, mark: int) -> Waveform:
    return voice.waveform[max(mark - HOP // 2, 0) : mark + HOP // 2]


def _spectrum(voice: Voice) -> tuple[float, float, float, float, float]:
    """Slopes, alpha ratio, voiced segments a second and spectral flux."""
    frames = np.lib.stride_tricks.sliding_window_view(voice.waveform, FRAME)[:: FRAME // 2]
    size = np.abs(np.fft.rfft(frames * np.hanning(FRAME))) + 1e-9
    power = (size**2).mean(0)
    hertz = np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE)
    decibels = 10 * np.log10(power)

    def slope(low: float, high: float) -> float:
        inside = (hertz >= low) & (hertz <= high)
        return float(np.polyfit(hertz[inside] / 1000, decibels[inside], 1)[0])

    def energy(low: float, high: float) -> float:
        return float(power[(hertz >= low) & (hertz < high)].sum())

    loud = size.sum(1) > size.sum(1).max() * 10 ** (-RANGE_DB / 20)
    shapes = size[loud] / size[loud].sum(1, keepdims=True)
    flux = float(np.abs(np.diff(shapes, axis=0)).sum(1).mean()) if loud.sum() > 1 else 0.0
    alpha = 10 * float(np.log10(energy(50, 1000) / energy(1000, 5000)))
    a_second = len(voice.pitch.spans()) * SAMPLE_RATE / len(voice.waveform)
    return slope(0, 500), slope(500, 1500), alpha, a_second, flux
