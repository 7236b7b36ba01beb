"""What a user names on the command line: files, folders, standard input."""

from collections.abc import Iterable
from pathlib import Path

from lightspeech.corpora.base import audio_files
from lightspeech.errors import ConfigError

STDIN = Path("-")


def expand(paths: Iterable[Path]) -> list[Path]:
    """Replace each folder by the audio files below it; one without any stays."""
    files: list[Path] = []
    for path in paths:
        below = list(audio_files(path)) if path.is_dir() else []
        files += below or [path]
    return files


def ending_in(path: Path | None, *suffixes: str) -> Path | None:
    """Refuse an output whose name promises another format than is written.

    Args:
        path: None: nothing is written.
        suffixes: that its name may end in, each with its dot.

    Raises:
        ConfigError: if it ends in another.
    """
    if path is not None and path.suffix.lower() not in suffixes:
        raise ConfigError(
            f"{path}: is written in another format; name a file that ends in "
            f"{' or '.join(suffixes)}"
        )
    return path
