"""Silence for converters that write past Python's streams."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from lightspeech.training.int8 import quiet


@contextmanager
def silence() -> Iterator[None]:
    """Send standard output and error of this process nowhere, compiled code's too."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        with quiet():
            yield
    finally:
        for number, handle in enumerate(kept, start=1):
            os.dup2(handle, number)
            os.close(handle)
        os.close(nowhere)
