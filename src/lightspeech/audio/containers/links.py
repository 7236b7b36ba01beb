"""Stretches of a file, read as if each were a file of its own."""

import os
from dataclasses import dataclass, field
from typing import BinaryIO

ENDLESS = 1 << 40
"""Bytes that a link without an end seems to have: decoders then read until nothing comes."""
TAIL = 128
"""Bytes at the end of a file where decoders look for a tag (ID3v1); they need to find that many."""


@dataclass(frozen=True)
class Link:
    """A stretch of a file that is decoded on its own.

    Attributes:
        begin: offset of its first byte.
        end: offset behind its last one.
        patches: bytes put in the place of others, by their offset in the file: lengths set right.
        endless: hide its length, from which a decoder would guess that of the sound.
        n_samples: it must have a channel, where its own header no longer tells.
        n_bytes: of its sound, where its header promises more.
        missing: bytes that it promises but are not there.
    """

    begin: int
    end: int
    patches: dict[int, bytes] = field(default_factory=dict)
    endless: bool = False
    n_samples: int | None = None
    n_bytes: int = 0
    missing: int = 0

    @property
    def is_changed(self) -> bool:
        """Whether a decoder sees other bytes, or another length, than there are."""
        return bool(self.patches) or self.endless


class View:
    """A link as an open file."""

    def __init__(self, file: BinaryIO, link: Link) -> None:
        """Begin at its first byte.

        Args:
            file: that holds the link; it can seek.
            link: what is seen of it.
        """
        self._file, self._link, self._at = file, link, 0
        self._n_bytes = ENDLESS if link.endless else link.end - link.begin

    def read(self, n_bytes: int = -1) -> bytes:
        """Read so many bytes, or all; fewer at the end."""
        begin = self._link.begin + self._at
        end = self._link.end if n_bytes < 0 else min(begin + n_bytes, self._link.end)
        if self._link.endless and self._at >= ENDLESS - TAIL:
            content = bytes(min(n_bytes, ENDLESS - self._at))
        else:
            content = self._patched(begin, read_at(self._file, begin, end - begin))
        self._at += len(content)
        return content

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to an offset; before the beginning is the beginning.

        Args:
            offset: in bytes.
            whence: where it counts from, as of any file.
        """
        self._at = max(offset + (0, self._at, self._n_bytes)[whence], 0)
        return self._at

    def tell(self) -> int:
        """Tell the offset."""
        return self._at

    def _patched(self, begin: int, content: bytes) -> bytes:
        for offset, patch in self._link.patches.items():
            at = offset - begin
            if -len(patch) < at < len(content):
                inside = patch[max(-at, 0) :][: len(content) - max(at, 0)]
                head = max(at, 0)
                content = content[:head] + inside + content[head + len(inside) :]
        return content


def read_at(file: BinaryIO, offset: int, n_bytes: int) -> bytes:
    """Read from an offset.

    Args:
        file: open, it can seek.
        offset: of the first byte.
        n_bytes: how many; none where it is negative, fewer at the end.
    """
    if n_bytes <= 0:  # the offset may be one that no file has
        return b""
    file.seek(offset)
    return file.read(n_bytes)


def size(file: BinaryIO) -> int:
    """Tell how many bytes a file has."""
    return file.seek(0, os.SEEK_END)
