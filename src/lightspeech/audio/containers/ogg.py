"""Ogg (RFC 3533): Vorbis, Opus, FLAC in pages; joined or continued streams are a chain."""

from typing import BinaryIO

from lightspeech.audio.containers.links import Link, read_at, size

MARK = b"OggS"
HEADER = 27
"""Bytes of a page before its table, whose length is the last of them (RFC 3533, section 6)."""
MAX_PAGE = HEADER + 255 + 255 * 255
FLAGS = 5
"""Offset of the flags of a page."""
BEGINS = 2
"""Flag of a page that begins a stream."""


def links(file: BinaryIO, begin: int, end: int) -> list[Link]:
    """Find where streams begin anew: libsndfile plays the first and says nothing.

    Args:
        file: open, it can seek.
        begin: offset of the first page.
        end: offset behind the last one.
    """
    starts, at, begins = [], begin, False
    while (page := read_at(file, at, HEADER + 255)).startswith(MARK) and len(page) >= HEADER:
        before, begins = begins, bool(page[FLAGS] & BEGINS)
        if begins and not before:  # streams side by side begin together
            starts.append(at)
        at += _length(page)
    return [Link(*ends) for ends in zip(starts, [*starts[1:], end], strict=False)]


def is_cut(file: BinaryIO) -> bool:
    """Tell whether an Ogg file ends inside a page; False for any other format.

    A missing end-of-stream flag would be no proof: live encoders leave it out.

    Args:
        file: open, it can seek.
    """
    if read_at(file, 0, len(MARK)) != MARK:
        return False
    tail = read_at(file, max(0, size(file) - MAX_PAGE), MAX_PAGE)
    page = tail[tail.rfind(MARK) :]
    return len(page) < HEADER or _length(page) > len(page)


def _length(page: bytes) -> int:
    """Bytes of a page, told by its table."""
    n_segments = page[HEADER - 1]
    return HEADER + n_segments + sum(page[HEADER : HEADER + n_segments])
