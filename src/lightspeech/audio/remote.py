"""Recordings that lie elsewhere, behind an address that fsspec opens: read as they are needed."""

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from lightspeech.audio.folders import SUFFIXES, is_tar
from lightspeech.errors import AudioError, MissingExtra
from lightspeech.files import replacing
from lightspeech.progress import Progress, no_progress, step_of

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAX_BYTES = 256 << 20
"""Of a recording: a WAV of two hours. Of a tar file each member has so many, see `archives`."""
PIECE_BYTES = 1 << 20
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/+(?=[^/])", re.IGNORECASE)
_OF_HTTP = {"block_size": 0}
"""Read from the beginning to the end: not every server gives a part."""


def address(path: Path) -> str | None:
    """Give the address that was typed, or None where a path is one of this machine.

    Args:
        path: keeps one of the slashes of ``https://``, as `Path` does.

    Example:
        >>> address(Path("https://example.org/a.wav"))
        'https://example.org/a.wav'
    """
    typed = path.as_posix()
    match = _ADDRESS.match(typed)
    if match is None or os.path.lexists(path):
        return None
    return f"{match[1].lower()}://{typed[match.end() :]}"


def shown(path: Path) -> str:
    """Write a path as it was typed.

    Args:
        path: of this machine, or an address.
    """
    return address(path) or str(path)


def below(path: Path) -> Iterator[Path]:
    """List the recordings and tar files below an address; one that is no folder stays.

    Args:
        path: an address.

    Yields:
        Addresses, in the order of their names; what is hidden is left out.

    Raises:
        AudioError: if nobody answers there, or it cannot be listed.
        MissingExtra: if fsspec is not installed.
    """
    root = shown(path)
    if _is_file(path):
        yield path
        return
    with _told(root):
        system, folder = _open(root)
        if not system.isdir(folder):
            yield path
            return
        names = sorted(system.find(folder))
    for name in names:
        file = Path(system.unstrip_protocol(name))
        inside = file.relative_to(path)
        if _is_file(file) and not any(part.startswith(".") for part in inside.parts):
            yield file


def _is_file(path: Path) -> bool:
    return is_tar(path) or path.suffix.lower() in SUFFIXES


def opened(path: Path, *, max_bytes: int | None) -> BinaryIO:
    """Give a file that is opened once it is read, from its beginning to its end.

    Args:
        path: an address.
        max_bytes: beyond which reading is an `AudioError`, as where nobody answers; None: no end.
    """
    return io.BufferedReader(_Remote(shown(path), max_bytes))


def fetch(path: Path, to: Path, progress: Progress = no_progress) -> Path:
    """Copy all recordings below an address that are not there yet.

    Args:
        path: an address of a folder.
        to: folder of this machine.
        progress: told of recordings copied.

    Returns:
        ``to``.

    Raises:
        AudioError: if nobody answers, or a file is too large.
        MissingExtra: if fsspec is not installed.
        OutputError: if a file cannot be written.
    """
    files = list(below(path))
    step = step_of("copies", len(files), progress)
    for file in files:
        copy = to / file.relative_to(path)
        if not copy.exists():
            fetch_file(file, copy, max_bytes=MAX_BYTES)
        step()
    return to


def fetch_file(path: Path, to: Path, *, max_bytes: int) -> None:
    """Copy one file, whole or not at all.

    Args:
        path: an address.
        to: file of this machine.
        max_bytes: it may have.

    Raises:
        AudioError: if nobody answers, or it is too large.
        MissingExtra: if fsspec is not installed.
        OutputError: if it cannot be written.
    """
    with opened(path, max_bytes=max_bytes) as source, replacing(to) as temporary:
        with temporary.open("wb") as target:
            while piece := source.read(PIECE_BYTES):
                target.write(piece)


class _Remote(io.RawIOBase):
    def __init__(self, address: str, max_bytes: int | None) -> None:
        self._address, self._most, self._left = address, max_bytes, max_bytes
        self._file: Any = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer") -> int:
        view = memoryview(buffer).cast("B")
        with _told(self._address):
            if self._file is None:
                system, path = _open(self._address)
                options = _OF_HTTP if self._address.startswith("http") else {}
                self._file = system.open(path, "rb", **options)
            piece = self._file.read(len(view))
        view[: len(piece)] = piece
        if self._left is not None:
            self._left -= len(piece)
            if self._left < 0:
                raise AudioError(
                    f"{self._address}: more than {self._most:,} bytes; "
                    "download it and name the copy"
                )
        return len(piece)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()


def _open(address: str) -> tuple[Any, str]:
    """Give the file system of an address, and the path in it."""
    try:
        from fsspec.core import url_to_fs
    except ModuleNotFoundError:
        raise MissingExtra(address, "remote") from None
    found: tuple[Any, str] = url_to_fs(address)
    return found


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Say in one line what went wrong with an address."""
    faults: tuple[type[Exception], ...] = (OSError, ValueError, ImportError, TimeoutError)
    with suppress(ModuleNotFoundError):
        import aiohttp

        faults = (*faults, aiohttp.ClientError)
    try:
        yield
    except FileNotFoundError:
        raise AudioError(f"{address}: no such file, or nobody answers; check the address") from None
    except faults as error:
        why = str(error).strip().partition("\n")[0] or type(error).__name__
        raise AudioError(f"{address}: cannot be read ({why})") from None
