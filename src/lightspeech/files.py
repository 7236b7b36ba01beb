"""Files: read with nothing taken on trust, written whole or not at all; and paths of links."""

import errno
import json
import math
import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from lightspeech import unfinished
from lightspeech.errors import CorpusError, LightspeechError, OutputError

MAX_TEXT_BYTES = 64 << 20
"""The longest text of ours, the answers of a large corpus, has a tenth of it."""
PIECE_BYTES = 1 << 20
CACHE = "LIGHTSPEECH_CACHE"
"""Environment variable that names the folder of what is kept for all that this user does."""


def cache_folder() -> Path:
    """Tell where libraries and models are kept: ``$LIGHTSPEECH_CACHE``, or in the user's cache.

    Raises:
        OutputError: if no folder is named, and the user has no home.
    """
    if own := os.environ.get(CACHE):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache") / "lightspeech"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise OutputError(
            f"nobody knows where your home is; name a folder for what is kept: {CACHE}=FOLDER"
        ) from None


def check_place(path: Path) -> None:
    """Refuse what could not be written, before the work whose result it is to hold.

    Args:
        path: of a file or a folder, which need not be there.

    Raises:
        OutputError: if a folder above it is a file, or nothing may be written there.
    """
    there = Path(os.path.realpath(path))
    missing = not os.path.exists(there)
    while not os.path.exists(there):
        there = there.parent
    if missing and not os.path.isdir(there):
        raise OutputError(f"{path}: cannot be written ({there} is a file); name another place")
    folder = there if os.path.isdir(there) else there.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(
            f"{path}: cannot be written (no right to write in {folder}); name another place"
        )


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; on success it takes the place of ``path``.

    A link stays a link: what it points to is replaced. Missing folders are made; an error in the
    body leaves the old file and nothing else; see `unfinished` for a program that is killed. A file
    that is replaced keeps its mode; a new one has what the umask leaves.

    Args:
        path: the file to write.

    Raises:
        OutputError: if the folder cannot be written, the disk is full, or the path is a folder, a
            device or a pipe.
    """
    try:
        target = Path(os.path.realpath(path))  # `resolve` has an error of its own for a loop
        if target.exists() and not target.is_file():
            # Replacing /dev/null would succeed for root, and leave a plain file in its place.
            raise OutputError(f"{path}: is no regular file; name another place")
        target.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.beside(target) as temporary:
            if target.exists():
                temporary.chmod(stat.S_IMODE(target.stat().st_mode) | stat.S_IWUSR)
            yield temporary
            temporary.replace(target)
    except OSError as error:
        why = error.strerror or error
        raise OutputError(
            f"{path}: cannot be written ({why}); free space or name another place"
        ) from error


def is_text(path: Path) -> bool:
    """Tell whether a path can be written down: the system also takes bytes that are no UTF-8.

    Args:
        path: as Python gives it, with half characters for such bytes.
    """
    return printable(str(path)) == str(path)


def printable(text: object) -> str:
    r"""Escape what no stream takes, and what a terminal would obey.

    Args:
        text: such as the name of a file, which may hold any bytes.

    Example:
        >>> print(printable("a\udcff\x1b[31m.wav"))
        a\udcff\x1b[31m.wav
    """
    text = str(text)
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in ("Cc", "Cs"):  # controls, halves of characters
        return character
    return character.encode("unicode_escape").decode()


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically.

    Args:
        path: as in `replacing`.
        text: written in UTF-8, its line ends as they are on every system.

    Raises:
        OutputError: if the folder cannot be written or the disk is full.
    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON atomically, non-ASCII as it is.

    Args:
        path: as in `replacing`.
        value: what `json` can write.

    Raises:
        OutputError: if the folder cannot be written or the disk is full.
    """
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def placed(path: Path) -> Path:
    """Give an absolute path that ends in a name, without following links: where a path was put.

    What lies beside a study is looked for there, and its name is that of the link.

    Args:
        path: may be ``.`` or end in ``..``.
    """
    return Path(os.path.abspath(path))


def relative(path: Path, folder: Path) -> str:
    """Say how one gets from a folder to a file, with forward slashes.

    Links are followed up to the folder of the file: the system follows them too before it goes up
    by ``..``. From one drive to another there is no way, and the path is absolute.

    Args:
        path: of the file, which may be a link itself.
        folder: where the path will be read from.
    """
    real = Path(os.path.realpath(path.parent), path.name)
    try:
        return Path(os.path.relpath(real, os.path.realpath(folder))).as_posix()
    except ValueError:
        return real.as_posix()


def read_bytes(path: Path, max_bytes: int = MAX_TEXT_BYTES) -> bytes:
    """Read a file that may be anything, a device without an end too.

    Args:
        path: the file.
        max_bytes: that are read.

    Raises:
        OSError: if it cannot be read, or is larger.
    """
    content = bytearray()
    with path.open("rb") as file:
        # Piece by piece: to read all that is allowed at once would take that much memory.
        while len(content) <= max_bytes and (piece := file.read(PIECE_BYTES)):
            content += piece
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return bytes(content)


def read_text(path: Path) -> str:
    """Read text in UTF-8, as `read_bytes` does.

    Args:
        path: the file.

    Raises:
        OSError: if it cannot be read, or is larger than any text of ours.
        UnicodeDecodeError: if it is no UTF-8.
    """
    return read_bytes(path).decode("utf-8")


def read_json(
    path: Path, *, error: type[LightspeechError] = CorpusError, remedy: str = "run its study again"
) -> dict[str, Any]:
    """Read a JSON object that somebody else may have written.

    Args:
        path: the file.
        error: to raise.
        remedy: what to do about a damaged file, for its message.

    Raises:
        LightspeechError: of the kind asked for, if the file is missing, too large, or holds no JSON
            object; see `parse_json`.
    """
    try:
        values = parse_json(read_text(path))
    except OSError as fault:
        raise error(f"{path}: cannot be read ({fault.strerror}); check the path") from None
    except ValueError as fault:
        raise error(f"{path}: not valid JSON ({fault}); {remedy}") from None
    if not isinstance(values, dict):
        raise error(f"{path}: expected a JSON object, found {type(values).__name__}; {remedy}")
    return values


def parse_json(text: str) -> Any:
    """Read JSON as its standard has it (RFC 8259): no NaN, no infinity, no half of a character.

    Args:
        text: a document.

    Returns:
        Its values; numbers are finite, texts can be written in UTF-8.

    Raises:
        ValueError: if it is no such document, or nested too deeply.
    """
    try:
        values = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        if "\\u" in text:  # an escape may be half of a character, which no stream would take
            json.dumps(values, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return values


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:20]} is too large a number")
    return number
