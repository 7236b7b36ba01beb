"""The functionals of recordings, some at a time, kept; and how they lie among people."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lightspeech.audio import io, measures, psola
from lightspeech.audio.pitch import SAMPLE_RATE
from lightspeech.corpora.base import Utterance
from lightspeech.errors import StudyError
from lightspeech.explain import kept
from lightspeech.frontends import cache as arrays
from lightspeech.metrics import Floats

SIZE = 32
"""Recordings of a chunk."""
CODE = (
    "audio/measures.py", "audio/pitch.py", "audio/psola.py", "audio/cues/loudness.py",
    "audio/io.py", "audio/resampling.py",
)  # fmt: skip
"""What they are computed by."""


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Some recordings.

    Attributes:
        utterances: with their paths.
        file: where their functionals are kept.
    """

    utterances: tuple[Utterance, ...]
    file: Path


def chunks(utterances: Sequence[Utterance], cache: Path) -> list[Chunk]:
    """Cut recordings into chunks.

    Args:
        utterances: with paths and hashes.
        cache: folder that functionals are kept in.
    """
    found = []
    for at in range(0, len(utterances), SIZE):
        some = tuple(utterances[at : at + SIZE])
        name = kept.name(CODE, [u.audio_hash for u in some])
        found.append(Chunk(utterances=some, file=cache / f"functionals-{name}.npy"))
    return found


def fill(chunk: Chunk) -> None:
    """Measure the recordings of a chunk, unless that was done before.

    Raises:
        AudioError: if one cannot be decoded.
        OutputError: if they cannot be kept.
    """
    if arrays.find(chunk.file, axes=2) is None:
        voices = (psola.analyse(io.load(u.path, SAMPLE_RATE)) for u in chunk.utterances)
        arrays.keep(np.stack([measures.measure(voice) for voice in voices]), chunk.file)


def read(filled: Sequence[Chunk]) -> Floats:
    """Read the functionals of all chunks, shape ``(recordings, functionals)``.

    Args:
        filled: in order.

    Raises:
        StudyError: if a file is damaged.
    """
    rows = [arrays.find(chunk.file, axes=2) for chunk in filled]
    if any(row is None for row in rows):
        raise StudyError("functionals that were kept are damaged; type the command again")
    return np.concatenate([np.asarray(row, np.float64) for row in rows])
