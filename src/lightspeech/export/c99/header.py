"""What the header of generated C states in numbers, read back."""

import re

from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError

FILE = "ls_model.h"
NUMBER = re.compile(r"#define (LS_\w+) \(?(-?\d+)\)?$", re.MULTILINE)
NEEDED = ("LS_MODEL_MACS", "LS_MODEL_ARENA_SIZE")
"""Multiply-accumulates of one window, and bytes that the network keeps."""


def read(bundle: Bundle) -> dict[str, int]:
    """Read the whole numbers that the header of a network defines, by name.

    Args:
        bundle: of generated C.

    Raises:
        BundleError: if it holds none, or its header lacks one of `NEEDED`.
    """
    header = bundle.path / FILE
    if not header.is_file():
        raise BundleError(
            f"{bundle.path}: holds no generated C; a board needs it: "
            "lightspeech export RUN --format c99"
        )
    numbers = {name: int(value) for name, value in NUMBER.findall(header.read_text("utf-8"))}
    if missing := [name for name in NEEDED if name not in numbers]:
        raise BundleError(f"{bundle.path}: says no {missing[0]}; export the model again")
    return numbers
