"""Raw sound that comes while it is answered, as from ``arecord``."""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from lightspeech.inference.answers import Segment
from lightspeech.inference.recognizer import Recognizer

FORMAT = "<i2"
"""16 bits a sample, the lower byte first."""
BYTES = 2
"""Of a sample."""
CHUNK = 1 << 16
"""Bytes read at once, at most; a pipe gives what is there."""


def chunks(sound: BinaryIO) -> Iterator[npt.NDArray[np.int16]]:
    """Read sound as it comes.

    Args:
        sound: mono, in `FORMAT`.

    Yields:
        What there is, shape ``(samples,)``.
    """
    rest = b""
    while read := sound.read1(CHUNK):  # type: ignore[attr-defined]
        chunk = rest + read
        n_bytes = len(chunk) // BYTES * BYTES
        rest = chunk[n_bytes:]
        yield np.frombuffer(chunk[:n_bytes], FORMAT)


def segments(recognizer: Recognizer, sound: BinaryIO, sample_rate: int) -> Iterator[Segment]:
    """Answer as the sound comes; Ctrl-C ends it as its end would.

    Args:
        recognizer: an open bundle.
        sound: mono, in `FORMAT`.
        sample_rate: in Hz.

    Raises:
        AudioError: if no recording of speech has that rate.
    """
    stream = recognizer.stream(sample_rate)
    try:
        for chunk in chunks(sound):
            yield from stream.feed(chunk)
    except KeyboardInterrupt:
        pass
    yield from stream.flush()
