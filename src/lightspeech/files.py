"""Files: atomic writes, of which a killed process leaves the last good one, and paths of links."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lightspeech.errors import OutputError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; on success it takes the place of ``path``.

    A link stays a link: what it points to is replaced. Missing folders are made; an error in the
    body leaves the old file and nothing else. The file can be read by all (mode 0644).

    Args:
        path: the file to write.

    Raises:
        OutputError: if the folder cannot be written, the disk is full, or the path is a folder, a
            device or a pipe.
    """
    temporary: Path | None = None
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            # Replacing /dev/null would succeed for root, and leave a plain file in its place.
            raise OutputError(f"{path}: is no regular file; name another place")
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(target)
    except OSError as error:
        why = error.strerror or error
        raise OutputError(
            f"{path}: cannot be written ({why}); free space or name another place"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


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
    real = path.parent.resolve() / path.name
    try:
        return Path(os.path.relpath(real, folder.resolve())).as_posix()
    except ValueError:
        return real.as_posix()
