"""Ogg files that were cut: libsndfile plays them up to the cut and says nothing."""

import os
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

MARK = b"OggS"
HEADER = 27
"""Bytes of a page before its table, whose length is the last of them (RFC 3533, section 6)."""
MAX_PAGE = HEADER + 255 + 255 * 255


def is_cut(source: Path | BinaryIO) -> bool:
    """Tell whether an Ogg file ends inside a page; False for any other format.

    A missing end-of-stream flag would be no proof: live encoders leave it out.
    """
    with source.open("rb") if isinstance(source, Path) else nullcontext(source) as file:
        begin = file.tell()
        is_ogg = file.read(len(MARK)) == MARK
        n_bytes = file.seek(0, os.SEEK_END)
        file.seek(max(begin, n_bytes - MAX_PAGE))
        tail = file.read() if is_ogg else b""
        file.seek(begin)
    page = tail[tail.rfind(MARK) :]
    if not is_ogg or len(page) < HEADER:
        return is_ogg
    table = page[HEADER : HEADER + page[HEADER - 1]]
    return HEADER + page[HEADER - 1] + sum(table) > len(page)
