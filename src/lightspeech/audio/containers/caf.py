"""Core Audio Format (Apple, Core Audio Format Specification 1.0): its table of packets."""

import re
from typing import BinaryIO

from lightspeech.audio.containers import chunks
from lightspeech.audio.containers.links import read_at, size

HEADER = 24
"""Bytes of a packet table before the lengths of packets."""
NO_LENGTH = re.compile(rb"[\x80-\xff]{5}|[\x80-\xff]\Z")
"""A length has 7 bits a byte, all bytes but the last from 0x80 on, and no more than 32 bits."""


def has_damaged_packets(file: BinaryIO) -> bool:
    """Tell whether the table of packets holds what is no length; False for any other format.

    Args:
        file: open, it can seek.
    """
    if read_at(file, 0, 4) != chunks.CAF:
        return False
    table = chunks.body(file, b"pakt", size(file))
    return bool(NO_LENGTH.search(table, HEADER))
