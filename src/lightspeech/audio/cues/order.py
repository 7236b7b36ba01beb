"""Order: the pieces of a sentence, each as it is, one behind the other in another order."""

from functools import partial

import numpy as np

from lightspeech.audio.cues.edit import Edit, at_level_of
from lightspeech.audio.pitch import SAMPLE_RATE
from lightspeech.audio.psola import Voice
from lightspeech.audio.windows import Waveform

PIECES_S = (0.5, 0.25, 0.1)
FADE = 80
"""Samples over which one piece goes over into the next: 5 ms, without a click."""


def scramble(voice: Voice, piece_s: float) -> Waveform | None:
    """Put pieces in a random order; None where there are not three of them.

    Args:
        voice: by `psola.analyse`.
        piece_s: seconds of a piece.

    Returns:
        Shape ``(samples,)``.
    """
    waveform, n = voice.waveform.astype(np.float64), round(piece_s * SAMPLE_RATE)
    starts = np.arange(0, len(waveform) - n // 2, n)
    if len(starts) < 3:
        return None
    ends = [*starts[1:].tolist(), len(waveform)]
    order = np.random.default_rng(len(waveform)).permutation(len(starts))
    padded = np.pad(waveform, (0, FADE))
    fade = np.linspace(0, 1, FADE)
    total, at = np.zeros(len(waveform) + FADE), 0
    for piece in order:
        row = padded[starts[piece] : ends[piece] + FADE].copy()
        row[-FADE:] *= fade[::-1]
        if at:
            row[:FADE] *= fade
        total[at : at + len(row)] += row
        at += ends[piece] - starts[piece]
    return at_level_of(total[: len(waveform)], voice.waveform)


EDITS = tuple(
    Edit(cue="order", amount=piece_s, unit="s", apply=partial(scramble, piece_s=piece_s))
    for piece_s in PIECES_S
)
