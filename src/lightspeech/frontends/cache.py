"""Arrays on disk that can be computed anew: a damaged one is not there, and a warning says so."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.errors import LightspeechWarning
from lightspeech.files import replacing


def keep(array: npt.NDArray[Any], file: Path) -> None:
    """Write an array.

    Args:
        array: of numbers, any shape.
        file: to write; folders that are missing are made.

    Raises:
        OutputError: if it cannot be written.
    """
    with replacing(file) as temporary, temporary.open("wb") as target:
        np.lib.format.write_array(target, array, allow_pickle=False)


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
        array: npt.NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
        if array.ndim != axes or array.dtype.kind not in "fi":
            raise ValueError(f"{array.dtype} of {array.ndim} axes")
    except (OSError, ValueError, EOFError, SyntaxError) as error:  # SyntaxError: of its header
        reason = (str(error).splitlines() or ["empty"])[0]
        message = f"{file}: damaged ({reason}); computed anew"
        warnings.warn(message, LightspeechWarning, stacklevel=2)
        file.unlink()
        return None
    return array
