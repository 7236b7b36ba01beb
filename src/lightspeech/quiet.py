"""Libraries that talk: what they print, log and warn of is nothing that a user can change."""

import contextlib
import io
import logging
import os
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def muted() -> Iterator[None]:
    """Drop all that is printed, by compiled code too, which writes to the process's own streams.

    Logging and warnings go too, and what other threads print meanwhile: it concerns the whole
    process. Errors are raised as ever.
    """
    streams = [os.dup(stream) for stream in (1, 2)]
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    with open(os.devnull, "w") as nowhere:
        for stream in (1, 2):
            os.dup2(nowhere.fileno(), stream)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
        for stream, copy in zip((1, 2), streams, strict=True):
            os.dup2(copy, stream)
            os.close(copy)
