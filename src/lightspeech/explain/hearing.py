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


@dataclass(frozen=True, eq=False)
class Heard:
    """What edits of one recording changed, for one listener; means over its seeds.

    Attributes:
        changes: of the probabilities, edit minus copy (of `EDITS` in their order; that of the copy
            is from the recording itself), NaN where there is nothing to edit; shape
            ``(edits, n_classes)``.
        flipped: share of seeds whose answer is another one than to the copy, shape ``(edits,)``.
        plain: probabilities of the recording itself, shape ``(n_classes,)``.
    """

    changes: Floats
    flipped: Floats
    plain: Floats


def hear(utterance: Utterance, listeners: Sequence[Listener]) -> list[Heard]:
    """Edit a recording in all ways and ask every listener.

    Args:
        utterance: with its path.
        listeners: of any kind.

    Raises:
        AudioError: if it cannot be decoded.
        LightspeechError: if a listener cannot answer.
    """
    voice = psola.analyse(io.load(utterance.path, SAMPLE_RATE))
    edited = [edit.apply(voice) for edit in EDITS]
    there = [n for n, waveform in enumerate(edited) if waveform is not None]
    versions = [voice.waveform, *(waveform for waveform in edited if waveform is not None)]
    with TemporaryDirectory() as folder:
        sound = Sound(utterance, versions, Path(folder))
        return [_heard(listener.answer(sound), there) for listener in listeners]


def _heard(answers: Floats, there: Sequence[int]) -> Heard:
    """Compare each edit with what it is an edit of."""
    n_seeds, _, n_classes = answers.shape
    plain, copy = answers[:, 0], answers[:, 1]
    changes = np.full((len(EDITS), n_classes), np.nan)
    flipped = np.full(len(EDITS), np.nan)
    for row, number in enumerate(there, start=1):
        base = copy if EDITS[number].resynthesized else plain
        changes[number] = (answers[:, row] - base).mean(0)
        flipped[number] = np.mean(answers[:, row].argmax(1) != base.argmax(1))
    return Heard(changes, flipped, plain.mean(0))
