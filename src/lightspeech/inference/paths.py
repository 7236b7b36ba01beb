"""From what a user names (files, folders, standard input) to segments."""

import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from lightspeech.audio import io
from lightspeech.corpora.base import audio_files
from lightspeech.errors import AudioError
from lightspeech.inference.predictor import Predictor
from lightspeech.inference.recognize import Segment, segments

STDIN = Path("-")


def expand(paths: Iterable[Path]) -> list[Path]:
    """Replace each folder by the audio files below it; one without any stays."""
    found: list[Path] = []
    for path in paths:
        below = list(audio_files(path)) if path.is_dir() else []
        found += below or [path]
    return found


def answer(predictor: Predictor, path: Path, *, whole: bool = False) -> list[Segment]:
    """Answer one file, or standard input for ``-``.

    Args:
        predictor: an open bundle.
        path: of an audio file of any format, rate, number of channels and length.
        whole: one answer for all of it, see `segments`.

    Raises:
        AudioError: if there is no audio at the path, or it is damaged.
    """
    if path.is_dir():
        raise AudioError(f"{path}: no audio file in this folder; name one that holds WAV or FLAC")
    if path != STDIN:
        return _answer(predictor, path, whole)
    # A pipe cannot seek, which decoding needs; a file on disk keeps memory flat.
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.seek(0)
        return _answer(predictor, copy, whole)


def _answer(predictor: Predictor, source: Path | BinaryIO, whole: bool) -> list[Segment]:
    blocks = io.stream(source, predictor.bundle.sample_rate)
    return list(segments(predictor, blocks, whole=whole))
