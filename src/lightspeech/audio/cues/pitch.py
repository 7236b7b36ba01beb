"""Pitch level, in semitones, and pitch range, as a factor of the intonation."""

from functools import partial

import numpy as np

from lightspeech.audio import psola
from lightspeech.audio.cues.edit import Edit, has_pitch
from lightspeech.audio.pitch import HOP
from lightspeech.audio.psola import Voice
from lightspeech.audio.windows import Waveform

SEMITONES = (-4.0, -2.0, -1.0, 1.0, 2.0, 4.0)
RANGES = (0.0, 0.5, 1.5)
THERE_AND_BACK = 1.0
"""Semitones up, and down again."""


def level(voice: Voice, semitones: float) -> Waveform | None:
    """Raise or lower all pitch.

    Args:
        voice: by `psola.analyse`.
        semitones: up; negative: down.

    Returns:
        Shape ``(samples,)``.
    """
    return psola.say(voice, factors=2 ** (semitones / 12)) if has_pitch(voice) else None


def span(voice: Voice, kept: float) -> Waveform | None:
    """Widen or narrow the intonation around its median.

    Args:
        voice: by `psola.analyse`.
        kept: share of each deviation in semitones that is left: 0 speaks on one note.

    Returns:
        Shape ``(samples,)``.
    """
    if not has_pitch(voice):
        return None
    frames = np.arange(len(voice.pitch.f0_hz))[voice.pitch.voiced]
    octaves = np.log2(voice.pitch.f0_hz[frames])
    at_marks = np.interp(voice.marks / HOP, frames, octaves)
    factors = 2 ** ((kept - 1) * (at_marks - np.median(octaves)))
    return psola.say(voice, factors=factors.clip(0.5, 2.0))


def copy(voice: Voice) -> Waveform:
    """Put a voice together anew of grains that lie between those it was cut in; no cue changes.

    Args:
        voice: by `psola.analyse`.

    Returns:
        Shape ``(samples,)``.
    """
    return psola.say(voice, start=psola.UNVOICED / 2)


def there_and_back(voice: Voice) -> Waveform | None:
    """Raise the pitch and lower it again: what that changes is no cue but the work itself.

    Args:
        voice: by `psola.analyse`.

    Returns:
        Shape ``(samples,)``.
    """
    up = level(voice, THERE_AND_BACK)
    if up is None:
        return None
    return psola.say(psola.analyse(up), factors=2 ** (-THERE_AND_BACK / 12))


EDITS = (
    *(
        Edit(
            cue="pitch level",
            amount=semitones,
            unit="st",
            apply=partial(level, semitones=semitones),
            resynthesized=True,
        )
        for semitones in SEMITONES
    ),
    *(
        Edit(
            cue="pitch range",
            amount=kept,
            unit="×",
            apply=partial(span, kept=kept),
            resynthesized=True,
        )
        for kept in RANGES
    ),
)
COPY = Edit(cue="copy", amount=0, unit="", apply=copy)
CONTROL = Edit(cue="there and back", amount=0, unit="", apply=there_and_back, resynthesized=True)
