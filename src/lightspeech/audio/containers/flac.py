"""FLAC (RFC 9639): how many samples there are is told by its last frame, not by its header."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from lightspeech.audio.containers.links import Link, read_at

MARK = b"fLaC"
STREAMINFO = bytes((0, 0, 0, 34))
"""Header of the first block of metadata (or 0x80 where no other follows)."""
TOTAL = 21
"""Offset of the byte with the upper four bits of the number of samples; four more follow."""
FORMS = bytes(channels << 4 | bits for channels in range(11) for bits in (0, 2, 4, 8, 10, 12, 14))
"""What the fourth byte of a frame may be: channels and bits of a sample."""
SYNC = re.compile(rb"\xff[\xf8\xf9](?=[\x10-\xff][%b])" % re.escape(FORMS))
"""How a frame begins: blocks of one size, or of several; then a size of blocks, and its form."""
MAX_HEADER = 17
"""Bytes of the longest header of a frame, and one more."""
TWO_FRAMES = 2
"""The last one may be cut; the one before it tells that both are none by chance."""
SEARCH = 1 << 16
"""Bytes read at once where another file may have been joined."""


def links(file: BinaryIO, begin: int, end: int) -> list[Link]:
    """Find out how many samples a file has, and whether others were joined to it.

    Args:
        file: open, it can seek.
        begin: offset of its first byte.
        end: offset behind its last one.
    """
    if read_at(file, begin, len(MARK)) != MARK:
        return []
    starts = [begin, *_joined(file, begin + len(MARK), end)]
    return [_link(file, *ends) for ends in zip(starts, [*starts[1:], end], strict=True)]


def _link(file: BinaryIO, begin: int, end: int) -> Link:
    """Set the number of samples right where it is not that of the last frame."""
    info = read_at(file, begin, TOTAL + 5).ljust(TOTAL + 5, b"\0")
    upper, told = info[TOTAL] & 0xF0, int.from_bytes(info[TOTAL:]) & (1 << 36) - 1
    block, channels = int.from_bytes(info[10:12]), (info[20] >> 1 & 7) + 1
    frame = int.from_bytes(info[15:18]) or block * channels * 4 + 64  # bytes, at most
    at = max(end - TWO_FRAMES * frame, begin + len(info))
    frames = [(told, told), *_frames(read_at(file, at, end - at), int.from_bytes(info[8:10]))]
    first, behind = frames[-1]  # it may be cut: behind is then what there can be
    if first <= told <= behind:
        return Link(begin, end)
    patch = behind.to_bytes(5)
    patches = {begin + TOTAL: bytes([patch[0] | upper]) + patch[1:]}
    return Link(begin, end, patches, n_samples=max(told, first))


def _frames(tail: bytes, block: int) -> Iterator[tuple[int, int]]:
    """Find frames that follow each other: the first sample of each, and the one behind it."""
    behind, padded = {0}, tail + bytes(MAX_HEADER)
    for match in SYNC.finditer(tail):
        if frame := _frame(padded[match.start() : match.start() + MAX_HEADER], block):
            if frame[0] in behind:
                yield frame
            behind.add(frame[1])


def _frame(head: bytes, block: int) -> tuple[int, int] | None:
    """Read the header of a frame (RFC 9639, section 9.1); None where there is none."""
    n_number = max(8 - (head[4] ^ 0xFF).bit_length(), 1)  # as in UTF-8: leading ones
    kind, behind = head[2] >> 4, 4 + n_number
    n_bytes = behind + {6: 1, 7: 2}.get(kind, 0) + {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    if n_number > 7 or _crc8(head[:n_bytes]) != head[n_bytes]:
        return None
    number = head[4] & (0x7F if n_number == 1 else (1 << 7 - n_number) - 1)
    for byte in head[5:behind]:
        number = number << 6 | byte & 0x3F
    explicit = int.from_bytes(head[behind : behind + kind - 5]) + 1
    size = explicit if kind in (6, 7) else 192 if kind == 1 else _size(kind)
    first = number if head[1] & 1 else number * block
    return first, first + size


def _size(kind: int) -> int:
    return 576 << kind - 2 if kind < 6 else 256 << kind - 8


def _crc8(content: bytes) -> int:
    crc = 0
    for byte in content:
        crc = CRC_8[crc ^ byte]
    return crc


def _after_byte(crc: int) -> int:
    for _ in range(8):
        crc = (crc << 1 ^ 0x107) if crc & 0x80 else crc << 1
    return crc


CRC_8 = bytes(map(_after_byte, range(256)))
"""What a header's check sum becomes of it and a byte, both in one."""


def _joined(file: BinaryIO, at: int, end: int) -> Iterator[int]:
    """Find the beginnings of other files."""
    for begin in range(at, end, SEARCH):
        content = read_at(file, begin, SEARCH + len(MARK + STREAMINFO) - 1)
        found = content.find(MARK)
        while found >= 0:
            if content[found + 4 :][:4] in (STREAMINFO, b"\x80" + STREAMINFO[1:]):
                yield begin + found
            found = content.find(MARK, found + 1)
