"""Where encoders lie: folders here, or names on a hub."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from lightspeech.errors import ConfigError

PLACE = "LIGHTSPEECH_ENCODERS"


def find(source: str) -> Path | None:
    """Find the folder of an encoder; None for a hub name.

    Raises:
        ConfigError: if it is neither.
    """
    if (folder := folder_of(source)) is not None:
        return folder
    if source.count("/") == 1 and not source.startswith(("/", ".")):
        return None
    raise ConfigError(remedies(source, "no such folder"))


def folder_of(source: str) -> Path | None:
    """Find the folder of an encoder below ``$LIGHTSPEECH_ENCODERS`` or here; None without one."""
    places = (Path(os.environ.get(PLACE, "")).expanduser() / source, Path(source))
    return next((folder for folder in places if os.path.isfile(folder / "config.json")), None)


def hashes(files: Iterable[Path]) -> list[str]:
    """Hash files in the order of their paths, SHA-256."""
    return [_hash(file) for file in sorted(files)]


def _hash(file: Path) -> str:
    with file.open("rb") as content:  # of gigabytes, perhaps
        return hashlib.file_digest(content, "sha256").hexdigest()


def remedies(source: str, why: str) -> str:
    """Say what to do where an encoder is not to be had.

    Args:
        source: of the encoder, as in a recipe.
        why: it is not to be had.
    """
    return (
        f"encoder {source!r}: {why}; set {PLACE} to the folder that holds it, name its folder, or "
        "connect to the network and name it as on the hub, such as openai/whisper-base"
    )
