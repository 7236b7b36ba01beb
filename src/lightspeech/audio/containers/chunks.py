"""Formats made of chunks, and AU: what a header says of its length is held against the file.

A program that writes into a pipe cannot know the length and puts a number of its own; a recorder
writes 0 and comes back to it, unless it loses power. So the sound is all that the file holds of it,
up to the next chunk.
"""

from dataclasses import dataclass, replace
from typing import BinaryIO, Literal

from lightspeech.audio.containers.links import Link, read_at

SECTOR = 512
"""Bytes, more or fewer than promised, that are no sound: a header counted in, padding, a tag."""
PIPED = {4: 0x7F000000, 8: 1 << 62}
"""From here on a length of so many bytes is that of a pipe: three hours of CD have 0x71A60000."""
AU: dict[bytes, Literal["little", "big"]] = {b".snd": "big", b"dns.": "little"}
MP3 = b"fmt \x55\0"
"""Name and first number of the first chunk of a WAV that holds MP3."""
CAF = b"caff"
CHUNK_OF_W64 = bytes.fromhex("f3acd3118cd100c04f8edb8a")
"""How an identifier of Sony Wave64 goes on after its four letters."""


@dataclass(frozen=True)
class Format:
    """How a format writes its chunks."""

    first: int
    """Offset of the first one."""
    data: bytes
    """Identifier of the one with the sound."""
    order: Literal["little", "big"]
    n_bytes: int = 4
    """Of a length, which follows the identifier."""
    counts_header: bool = False
    """A length counts identifier and length too."""
    align: int = 2
    """Chunks begin at multiples of so many bytes."""


FORMATS = {
    b"RIFF": Format(12, b"data", "little"),
    b"RIFX": Format(12, b"data", "big"),
    b"RF64": Format(12, b"data", "little"),
    b"FORM": Format(12, b"SSND", "big"),
    CAF: Format(8, b"data", "big", n_bytes=8, align=1),
    b"riff": Format(40, b"data" + CHUNK_OF_W64, "little", 8, counts_header=True, align=8),
}


@dataclass(frozen=True)
class Chunk:
    """A chunk in a file.

    Attributes:
        name: its identifier.
        field: offset of its length, and how many bytes that number has.
        extra: bytes that the number counts besides those of the body.
        begin: offset of its body.
        n_bytes: that its body is told to have.
    """

    name: bytes
    field: tuple[int, int]
    extra: int
    begin: int
    n_bytes: int


def links(file: BinaryIO, begin: int, end: int) -> list[Link]:
    """Find the sound of a file made of chunks, and of others joined to it.

    Args:
        file: open, it can seek.
        begin: offset of its first byte.
        end: offset behind its last one.
    """
    found: list[Link] = []
    while begin < end and (link := _link(file, begin, end)):
        found.append(link)
        begin = link.end
    return found


def body(file: BinaryIO, name: bytes, end: int) -> bytes:
    """Read the body of the first chunk of a name; nothing where there is none.

    Args:
        file: open, it can seek; one of `FORMATS`.
        name: its identifier.
        end: offset behind the last byte of the file.
    """
    format = FORMATS[read_at(file, 0, 4)]
    chunk, _ = _find(file, replace(format, data=name), 0, end)
    return read_at(file, chunk.begin, min(chunk.n_bytes, end)) if chunk else b""


def _link(file: BinaryIO, begin: int, end: int) -> Link | None:
    """Find the sound of the first file, which ends where another of its format begins."""
    mark = read_at(file, begin, 4)
    if mark in AU:
        return _mended(_au(file, begin, AU[mark]), AU[mark], begin, end)
    if mark not in FORMATS:
        return None
    format = FORMATS[mark]
    sound, at = _find(file, format, begin, end)
    if sound and read_at(file, begin + 12, 4) + read_at(file, begin + 20, 2) == MP3:
        link = _mended(sound, format.order, begin, min(at, end))
        return replace(link, begin=sound.begin, patches={}, endless=True)
    while sound and at < end and (chunk := _chunk(file, format, at)):
        if chunk.name.startswith(mark):
            return Link(begin, at)
        if not chunk.name[:4].isascii() or not chunk.name[:4].decode().isprintable():
            break
        if (at := _behind(chunk, format, begin)) >= end:
            return Link(begin, end)
    if sound is None:
        return None
    link = _mended(sound, format.order, begin, end)
    if format.counts_header and link.patches:  # libsndfile seeks by this one
        link.patches[begin + 16] = (end - begin).to_bytes(8, "little")
    return link


def _find(file: BinaryIO, format: Format, begin: int, end: int) -> tuple[Chunk | None, int]:
    """Find the chunk with the sound, and where the next one is told to begin."""
    at, size64 = begin + format.first, None
    while at < end and (chunk := _chunk(file, format, at)):
        if chunk.name == b"ds64":  # lengths of RF64, which are above 4 GB (EBU Tech 3306)
            size64 = chunk.begin + 8
        if chunk.name == format.data:
            if size64 is not None and chunk.n_bytes == 0xFFFFFFFF:
                n_bytes = int.from_bytes(read_at(file, size64, 8), "little")
                chunk = Chunk(chunk.name, (size64, 8), 0, chunk.begin, n_bytes)
            return chunk, _behind(chunk, format, begin)
        at = _behind(chunk, format, begin)
    return None, end


def _chunk(file: BinaryIO, format: Format, at: int) -> Chunk | None:
    n_name = len(format.data)
    head = read_at(file, at, n_name + format.n_bytes)
    if len(head) < n_name + format.n_bytes:
        return None
    extra = len(head) if format.counts_header else 0
    n_bytes = max(int.from_bytes(head[n_name:], format.order) - extra, 0)
    field = at + n_name, format.n_bytes
    return Chunk(head[:n_name], field, extra, at + len(head), n_bytes)


def _behind(chunk: Chunk, format: Format, begin: int) -> int:
    n_bytes = chunk.begin + chunk.n_bytes - begin
    return begin + -(-n_bytes // format.align) * format.align


def _au(file: BinaryIO, begin: int, order: Literal["little", "big"]) -> Chunk:
    head = read_at(file, begin + 4, 8)
    body, n_bytes = int.from_bytes(head[:4], order), int.from_bytes(head[4:], order)
    return Chunk(b"", (begin + 8, 4), 0, begin + body, n_bytes)


def _mended(sound: Chunk, order: Literal["little", "big"], begin: int, end: int) -> Link:
    """Give a link whose length is that of the sound which is there."""
    there, (offset, n_bytes) = max(end - sound.begin, 0), sound.field
    if 0 <= there - sound.n_bytes < SECTOR and sound.n_bytes:
        return Link(begin, end)
    true = (there + sound.extra).to_bytes(8, order)
    patch = true[:n_bytes] if order == "little" else true[-n_bytes:]
    missing = sound.n_bytes - there
    if missing < SECTOR or sound.n_bytes >= PIPED[n_bytes]:
        return Link(begin, end, {offset: patch})
    return Link(begin, end, {offset: patch}, n_bytes=there, missing=missing)
