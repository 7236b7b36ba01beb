"""MPEG audio (MP3 and layers I, II): frames without a length, unless the first one tells it.

Where no Info frame tells the number of frames, libsndfile guesses it from the size of the file and
the first bit rate, and stops there.
"""

from dataclasses import dataclass, replace
from typing import BinaryIO

from lightspeech.audio.containers.links import Link, read_at

SAMPLES = 1152
"""Of a frame, at most."""
RATES = (44_100, 48_000, 32_000)
KBITS = {  # by layer, for MPEG 1 and for the half rates of MPEG 2; ISO/IEC 11172-3, 13818-3
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
KIND = 0x1E0C00
"""Bits of a header that are the same in all frames: version, layer, sample rate."""
INFO = (b"Xing", b"Info")
"""Marks of a frame that tells how many follow."""
INFO_WITHIN = 64
"""Bytes of a frame that hold its mark and two numbers."""
TAGS = 512
"""Bytes behind the last frame that may be a tag (ID3v1, APE)."""


@dataclass(frozen=True)
class Frame:
    """Header of a frame.

    Attributes:
        n_bytes: of the frame with its header.
        kind: its `KIND`.
    """

    n_bytes: int
    kind: int


def links(file: BinaryIO, begin: int, end: int) -> list[Link]:
    """Find streams that tell their length, and those that do not.

    Args:
        file: open, it can seek.
        begin: offset of its first frame, behind tags.
        end: offset behind the last byte.
    """
    found: list[Link] = []
    while begin < end and (link := _link(file, begin, end)):
        found.append(link)
        begin = after_tags(file, link.end, end)
    return [*found[:-1], replace(found[-1], end=end)] if found else []  # with tags at the end


def _link(file: BinaryIO, begin: int, end: int) -> Link | None:
    first = _frame(file, begin)
    if first is None or not _goes_on(file, begin + first.n_bytes, end, first):
        return None
    n_frames, n_bytes = _info(file, begin)
    if not n_frames:
        return Link(begin, end, endless=True)
    if n_bytes and abs(end - begin - n_bytes) <= TAGS:
        return Link(begin, end)
    return Link(begin, _after(file, begin + first.n_bytes, n_frames, end))


def after_tags(file: BinaryIO, at: int, end: int) -> int:
    """Give the offset behind ID3v2 tags, or the same where there is none.

    Args:
        file: open, it can seek.
        at: offset where one may begin.
        end: offset behind the last byte.
    """
    while at < end and (head := read_at(file, at, 10)).startswith(b"ID3") and len(head) == 10:
        n_bytes = 0
        for byte in head[6:]:
            n_bytes = n_bytes << 7 | byte & 0x7F
        at += len(head) + n_bytes
    return at


def _goes_on(file: BinaryIO, at: int, end: int, before: Frame) -> bool:
    """Tell whether another frame of the kind follows, or the end; two bytes alone are chance."""
    frame = _frame(file, at)
    return at >= end or (frame is not None and frame.kind == before.kind)


def _after(file: BinaryIO, at: int, n_frames: int, end: int) -> int:
    """Give the offset behind so many frames, or behind the last there is."""
    for _ in range(n_frames):
        frame = _frame(file, at)
        if frame is None or at + frame.n_bytes > end:
            break
        at += frame.n_bytes
    return at


def _info(file: BinaryIO, at: int) -> tuple[int, int]:
    """Read how many frames and bytes follow; 0 where that is not told."""
    head = read_at(file, at, INFO_WITHIN)
    mark = max(head.find(name) for name in INFO)
    if mark < 0:
        return 0, 0
    flags, frames, n_bytes = (int.from_bytes(head[mark + i :][:4]) for i in (4, 8, 12))
    return (frames, n_bytes if flags & 2 else 0) if flags & 1 else (0, 0)


def _frame(file: BinaryIO, at: int) -> Frame | None:
    """Read the header of a frame; None where there is none, or one whose length it does not tell.

    Eleven ones, two bits of version, two of layer, one for a checksum; four bits of bit rate, two
    of sample rate, one for a byte of padding.
    """
    head = int.from_bytes(read_at(file, at, 4))
    version, layer = 4 - (head >> 19 & 3), 4 - (head >> 17 & 3)  # 4: 2.5, 3: none; 4: none
    rate, kbits = head >> 10 & 3, head >> 12 & 15
    if head >> 21 != 0x7FF or version == 3 or layer == 4 or rate == 3 or kbits in (0, 15):
        return None
    hertz, bits_s = RATES[rate] // version, 1000 * KBITS[min(version, 2), layer][kbits]
    padding = head >> 9 & 1
    if layer == 1:
        n_bytes = 4 * (12 * bits_s // hertz + padding)
    else:
        samples = SAMPLES // 2 if layer == 3 and version > 1 else SAMPLES
        n_bytes = samples // 8 * bits_s // hertz + padding
    return Frame(n_bytes, head & KIND)
