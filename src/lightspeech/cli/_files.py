"""What a user names on the command line: files, folders, standard input."""

from collections.abc import Iterable
from pathlib import Path

from lightspeech.corpora.base import audio_files

STDIN = Path("-")


def expand(paths: Iterable[Path]) -> list[Path]:
    """Replace each folder by the audio files below it; one without any stays."""
    files: list[Path] = []
    for path in paths:
        below = list(audio_files(path)) if path.is_dir() else []
        files += below or [path]
    return files
