"""What the header of generated C states in numbers, read back."""

import re

from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError
from lightspeech.export import c99
from lightspeech.export.c99 import prefix

FILE = "ls_model.h"
NUMBER = re.compile(r"#define (LS_\w+) \(?(-?\d{1,15})\)?$", re.MULTILINE)
NEEDED = ("LS_MODEL_MACS", "LS_MODEL_ARENA_SIZE")
"""Multiply-accumulates of one window, and bytes that the network keeps."""


def read(bundle: Bundle) -> dict[str, int]:
    """Read the whole numbers that the header of a network defines, by name.

    Args:
        bundle: of generated C.

    Raises:
        BundleError: if it holds none, or its header lacks one of `NEEDED`.
    """
    numbers = {name: int(value) for name, value in NUMBER.findall(_text(bundle))}
    if missing := [name for name in NEEDED if name not in numbers]:
        raise BundleError(f"{bundle.path}: says no {missing[0]}; export the model again")
    return numbers


def _text(bundle: Bundle) -> str:
    """The header as it would be written; as it lies there where no network tells."""
    header = bundle.path / FILE
    if not c99.is_network(bundle) and header.is_file():
        return header.read_text("utf-8", errors="replace")
    if not c99.is_network(bundle):
        raise BundleError(
            f"{bundle.path}: holds no generated C; a board needs it: "
            f"lightspeech export {bundle.path} --format c99"
        )
    model = (bundle.path / bundle.model_file).read_bytes()
    return c99.files_of(prefix.without(bundle), model)[FILE]
