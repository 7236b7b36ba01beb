"""Arrays on disk that can be computed anew: a damaged one is not there, and a warning says so."""

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.errors import LightspeechWarning
from lightspeech.files import replacing

MAGIC = b"\x93NUMPY\x01\x00"
"""Of a file of NumPy, version 1.0."""
HEADER = re.compile(
    rb"\{'descr': '(<[fi][248])', 'fortran_order': False, "
    rb"'shape': \(((?:[1-9]\d{0,11},? ?)+)\), \} *\n"
)
"""As `keep` has it written, and nothing else that Python could read there."""


def keep(array: npt.NDArray[Any], file: Path) -> None:
    """Write an array.

    Args:
        array: of numbers, any shape.
        file: to write; folders that are missing are made.

    Raises:
        OutputError: if it cannot be written.
    """
    with replacing(file) as temporary, temporary.open("wb") as target:
        np.lib.format.write_array(target, np.ascontiguousarray(array), allow_pickle=False)


def find(file: Path, *, axes: int) -> npt.NDArray[Any] | None:
    """Give an array that was kept, mapped into memory; a damaged one is removed with a warning.

    Args:
        file: of the array.
        axes: that it must have.

    Returns:
        The array, its shape of so many axes; None where there is none, or there is no more.
    """
    if not file.exists():
        return None
    try:
        array = opened(file)
        if array.ndim != axes:
            raise ValueError(f"{array.dtype} of {array.ndim} axes")
    except (OSError, ValueError) as error:
        discard(file, str(error))
        return None
    return array


def opened(file: Path) -> npt.NDArray[Any]:
    """Map an array that `keep` wrote into memory; its header says its shape.

    Returns:
        The array, read-only, of that shape.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is none of these, or was cut.
    """
    with file.open("rb") as content:
        head = content.read(len(MAGIC) + 2)
        described = content.read(int.from_bytes(head[-2:], "little"))
    header = HEADER.fullmatch(described)
    if len(head) < len(MAGIC) + 2 or not head.startswith(MAGIC) or header is None:
        raise ValueError("no array of numbers")
    shape = tuple(int(size) for size in header[2].split(b",") if size.strip())
    return np.memmap(file, header[1].decode(), "r", len(head) + len(described), shape)


def discard(file: Path, reason: str) -> None:
    """Remove what is damaged, and say that it is computed anew.

    Args:
        file: of an array.
        reason: what is wrong with it.
    """
    warnings.warn(f"{file}: damaged ({reason}); computed anew", LightspeechWarning, stacklevel=3)
    file.unlink()
