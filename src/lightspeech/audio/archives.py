"""Archives of recordings, tar files and folders, part by part: none is ever listed as a whole."""

import hashlib
import lzma
import os
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from lightspeech.audio import remote
from lightspeech.audio.folders import SUFFIXES, is_tar
from lightspeech.errors import AudioError

SIZE = 256
"""Files of a folder that are one part."""
MEMBER_BYTES = remote.MAX_BYTES
"""Of a file in a tar, which is read into memory."""


@dataclass(frozen=True)
class Part:
    """What is answered by one worker: a tar file, or some files of a folder.

    Attributes:
        paths: of the tar file alone, or of recordings.
    """

    paths: tuple[Path, ...]

    @property
    def name(self) -> str:
        """Tell it from all others: another of the files, or a tar of another size, is another."""
        said = "\n".join(map(_identity, self.paths))
        return hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()[:20]


def _identity(path: Path) -> str:
    size = path.stat().st_size if is_tar(path) and remote.address(path) is None else ""
    return f"{path.as_posix()}:{size}"


def parts(sources: Iterable[Path]) -> Iterator[Part]:
    """Cut archives into parts.

    In a folder what is hidden is left out, links to folders too, and files that are not named as
    recordings or tar files.

    Args:
        sources: tar files, folders and recordings, addresses of such among them.

    Yields:
        Parts in the order of their paths, as they are needed.

    Raises:
        AudioError: if a source is not there, or a folder cannot be read.
    """
    files: list[Path] = []
    for path in (path for source in sources for path in _below(source)):
        if is_tar(path):
            yield Part((path,))
            continue
        files.append(path)
        if len(files) == SIZE:
            yield Part(tuple(files))
            files = []
    if files:
        yield Part(tuple(files))


def _below(source: Path) -> Iterator[Path]:
    if remote.address(source) is not None:
        yield from remote.below(source)
        return
    if not source.is_dir():
        if not source.exists():
            raise AudioError(f"{source}: no such file or folder; check the path")
        yield source
        return
    for folder, below, files in os.walk(source, onerror=_refuse):
        below[:] = sorted(name for name in below if not name.startswith("."))
        paths = (Path(folder, name) for name in sorted(files) if not name.startswith("."))
        yield from (path for path in paths if is_tar(path) or path.suffix.lower() in SUFFIXES)


def _refuse(error: OSError) -> NoReturn:
    raise AudioError(f"{error.filename}: cannot be read ({error.strerror}); check its rights")


def recordings(part: Part) -> Iterator[tuple[str, Path | bytes | BinaryIO | AudioError]]:
    """Give the recordings of a part one by one.

    Args:
        part: of `parts`.

    Yields:
        The path of each, that of a tar file before that in it, and what `read_audio` takes: a path,
        the bytes of a member, or a file that lies elsewhere; of what cannot be read the error.
    """
    for path in part.paths:
        if is_tar(path):
            yield from _members(path)
        elif remote.address(path) is not None:
            yield remote.shown(path), remote.opened(path, max_bytes=remote.MAX_BYTES)
        else:
            yield str(path), path


def _members(path: Path) -> Iterator[tuple[str, bytes | AudioError]]:
    try:
        with _opened(path) as file, tarfile.open(fileobj=file, mode="r|*") as tar:
            while (member := tar.next()) is not None:
                tar.members.clear()  # type: ignore[attr-defined]  # which would grow with the archive
                inside = Path(member.name)
                if member.isfile() and _is_named_so(inside):
                    yield f"{remote.shown(path)}/{inside}", _content(tar, member)
    except AudioError as error:  # nobody answers, where it lies elsewhere
        yield remote.shown(path), error
    except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        yield (
            str(path),
            AudioError(f"damaged tar file ({error}); what stands before it is answered"),
        )


def _opened(path: Path) -> BinaryIO:
    return path.open("rb") if remote.address(path) is None else remote.opened(path, max_bytes=None)


def _is_named_so(inside: Path) -> bool:
    return inside.suffix.lower() in SUFFIXES and not inside.name.startswith(".")


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes | AudioError:
    if member.size > MEMBER_BYTES:
        return AudioError(
            f"{member.size:,} bytes in a tar file, where {MEMBER_BYTES:,} are allowed; unpack it"
        )
    file = tar.extractfile(member)
    return file.read() if file is not None else b""
