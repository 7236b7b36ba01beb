"""The rate of speech, pitch and formants as they are."""

from functools import partial

from lightspeech.audio import psola
from lightspeech.audio.cues.edit import Edit, is_long
from lightspeech.audio.psola import Voice
from lightspeech.audio.windows import Waveform

RATES = (0.8, 0.9, 1.1, 1.25)


def rate(voice: Voice, factor: float) -> Waveform | None:
    """Say it faster or slower; None where it is too short to have a rate.

    Args:
        voice: by `psola.analyse`.
        factor: how many times as fast.

    Returns:
        Shape ``(samples,)``.
    """
    return psola.say(voice, rate=factor) if is_long(voice) else None


EDITS = tuple(
    Edit(
        cue="rate",
        amount=factor,
        unit="×",
        apply=partial(rate, factor=factor),
        resynthesized=True,
    )
    for factor in RATES
)
