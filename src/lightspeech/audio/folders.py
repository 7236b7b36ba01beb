"""Which files of a folder are recordings: what decodes, whatever its name."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import soundfile

from lightspeech.audio import decoding, media
from lightspeech.audio.io import inspect
from lightspeech.errors import AudioError

SUFFIXES = (
    frozenset(f".{name.lower()}" for name in soundfile.available_formats())
    | {".oga", ".opus", ".aif"}
    | media.SUFFIXES
)
"""A file named so is a recording, and an error where it is none; others are looked into."""
TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
LOSSLESS = ("PCM_", "FLOAT", "DOUBLE", "ALAC_", "DWVW_")
"""How libsndfile's names of encodings begin that lose nothing."""


@dataclass(frozen=True)
class Listing:
    """What lies below a folder.

    Attributes:
        recordings: in the order of their paths.
        skipped: files that are no audio; then what is hidden or no file, as far as it looks like
            recordings, of folders the topmost alone.
    """

    recordings: list[Path]
    skipped: list[Path]


def listing(root: Path) -> Listing:
    """List what lies below a folder; what is hidden, or below a hidden folder, is left out.

    Links to folders are followed, each folder once.

    Args:
        root: the folder.

    Raises:
        AudioError: if a folder cannot be read.
    """
    passed: list[Path] = []
    files = sorted(_files(root, passed))
    recordings = [path for path in files if is_recording(path)]
    known = set(recordings)
    sounds = [path for path in sorted(passed) if _looks_like_sound(path)]
    return Listing(recordings, [path for path in files if path not in known] + sounds)


def best(paths: Sequence[Path]) -> Path:
    """Choose of recordings of one name: the one that decodes, then the one that lost nothing.

    Args:
        paths: one at least; of equals the first is chosen.
    """
    if len(paths) == 1:
        return paths[0]
    ranked = sorted(paths, key=lambda path: not _is_lossless(path))
    return next((path for path in ranked if _decodes(path)), paths[0])


def is_recording(path: Path) -> bool:
    """Tell whether a file is named as a recording, or decodes whatever its name.

    Args:
        path: need not be there.
    """
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        return next(decoding.blocks(path), None) is not None
    except AudioError:
        return media.is_needed(path)


def is_tar(path: Path) -> bool:
    """Tell by its name whether a file is a tar file, which may be compressed.

    Args:
        path: need not be there.
    """
    return path.name.lower().endswith(TARS)


def _files(root: Path, passed: list[Path]) -> Iterator[Path]:
    """Walk real folders before links, so that a file has its own path; note what is passed over."""
    seen: set[tuple[int, int]] = set()
    folders, links = deque([root]), deque[Path]()
    while folders or links:
        folder = folders.popleft() if folders else links.popleft()
        try:
            place, entries = folder.stat(), _entries(folder)
        except OSError as error:  # it may be gone by now
            why = error.strerror
            raise AudioError(f"{folder}: cannot be read ({why}); check its rights") from None
        if (place.st_dev, place.st_ino) in seen:
            continue
        seen.add((place.st_dev, place.st_ino))
        for entry in entries:
            path = folder / entry.name
            if entry.name.startswith("."):
                passed.append(path)
            elif _is_folder(entry):
                (links if entry.is_symlink() else folders).append(path)
            elif entry.is_symlink() or entry.is_file():
                yield path
            else:  # a pipe: read as a file it may wait for ever
                passed.append(path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return list(entries)


def _looks_like_sound(path: Path) -> bool:
    """Tell by names alone: a wastebasket is not decoded."""
    below = (name for _, _, names in os.walk(path) for name in names)
    return any(Path(name).suffix.lower() in SUFFIXES for name in chain([path.name], below))


def _is_lossless(path: Path) -> bool:
    try:
        return str(soundfile.info(str(path)).subtype).startswith(LOSSLESS)
    except (soundfile.LibsndfileError, TypeError, UnicodeError):
        return False


def _decodes(path: Path) -> bool:
    try:
        inspect(path)
    except AudioError:
        return False
    return True
