"""Where the sound of a file lies: lengths in headers are checked against the file, never believed.

A file is a chain of `links.Link`, stretches that libsndfile decodes one after the other: one in
most files; more where recordings were joined (MP3, FLAC, WAV), or an Ogg stream began anew.
"""

from collections.abc import Callable
from typing import BinaryIO

from lightspeech.audio.containers import chunks, flac, mpeg, ogg
from lightspeech.audio.containers.links import Link, size

READERS: tuple[Callable[[BinaryIO, int, int], list[Link]], ...] = (
    chunks.links,
    ogg.links,
    flac.links,
    mpeg.links,
)
"""One a family of formats: the links between two offsets, none where it is another format."""


def links(file: BinaryIO) -> list[Link]:
    """Find the links of a file.

    Args:
        file: open, it can seek.

    Returns:
        One at least, in their order; one over all of the file where nothing is to be mended.
    """
    end = size(file)
    begin = mpeg.after_tags(file, 0, end)
    for reader in READERS:
        if found := reader(file, begin, end):
            return found if found[1:] or found[0].is_changed else [Link(0, end)]
    return [Link(0, end)]
