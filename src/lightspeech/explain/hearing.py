"""Asking: every edit of a recording, every listener, and what of the answer each edit changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lightspeech.audio import io, psola
from lightspeech.audio.cues import catalogue
from lightspeech.audio.cues.edit import Edit
from lightspeech.audio.pitch import SAMPLE_RATE
from lightspeech.corpora.base import Utterance
from lightspeech.explain.listeners import Listener, Sound
from lightspeech.metrics import Floats

EDITS: tuple[Edit, ...] = (catalogue.COPY, catalogue.CONTROL, *catalogue.EDITS)
"""All that is asked about beside the recording itself; the first is what others compare with."""
TINY = 1e-12
"""A probability that no sum is taken to be below."""


@dataclass(frozen=True, eq=False)
class Heard:
    """What edits of one recording changed, for one listener; means over its seeds.

    Attributes:
        changes: of the probabilities, edit minus copy (of `EDITS` in their order; that of the copy
            is from the recording itself), NaN where there is nothing to edit; shape
            ``(edits, n_classes)``.
        flipped: share of seeds whose answer is another one than to the copy, shape ``(edits,)``.
    """

    changes: Floats
    flipped: Floats


def hear(utterance: Utterance, listeners: Sequence[Listener]) -> list[Floats]:
    """Edit a recording in all ways and ask every listener.

    Args:
        utterance: with its path.
        listeners: of any kind.

    Returns:
        Of each listener the probabilities of the recording itself, then of `EDITS` in their order,
        NaN where there is nothing to edit; shape ``(seeds, 1 + edits, n_classes)``.

    Raises:
        AudioError: if it cannot be decoded.
        LightspeechError: if a listener cannot answer.
    """
    voice = psola.analyse(io.load(utterance.path, SAMPLE_RATE))
    edited = [voice.waveform, *(edit.apply(voice) for edit in EDITS)]
    there = [n for n, waveform in enumerate(edited) if waveform is not None]
    versions = [waveform for waveform in edited if waveform is not None]
    with TemporaryDirectory() as folder:
        sound = Sound(utterance, versions, Path(folder))
        return [_placed(listener.answer(sound), there) for listener in listeners]


def _placed(answers: Floats, there: Sequence[int]) -> Floats:
    """Leave gaps in answers, shape ``(seeds, versions, n_classes)``, where there was no edit."""
    placed = np.full((len(answers), 1 + len(EDITS), answers.shape[2]), np.nan)
    placed[:, there] = answers
    return placed


def compare(answers: Floats, classes: Sequence[int]) -> Heard:
    """Compare the answer to each edit with that to what it is an edit of.

    Args:
        answers: of one listener, by `hear`, shape ``(seeds, 1 + edits, n_classes)``.
        classes: places of those among which probabilities are shared out; the others are left out.
    """
    among = answers[..., classes]
    among = among / np.maximum(among.sum(-1, keepdims=True), TINY)
    plain, copy, edited = among[:, :1], among[:, 1:2], among[:, 1:]
    resynthesized = np.array([edit.resynthesized for edit in EDITS])[:, None]
    base = np.where(resynthesized, copy, plain)
    changes = (edited - base).mean(0)
    other = edited.argmax(2) != base.argmax(2)
    flipped = np.where(np.isnan(changes).any(1), np.nan, other.mean(0))
    return Heard(changes, flipped)
