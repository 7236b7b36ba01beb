"""Bytes of a stream to samples."""

from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.serving.protocol import Code, Refused

Samples = npt.NDArray[np.int16] | npt.NDArray[np.float32]


def _mulaw() -> npt.NDArray[np.int16]:
    """Give the 256 values of µ-law, ITU-T G.711."""
    code = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (code >> 4) & 7, code & 15
    size = ((mantissa.astype(np.int32) << 3) + 132 << exponent) - 132
    return np.where(code & 128, -size, size).astype(np.int16)


MULAW = _mulaw()
"""16-bit sample of each byte."""
TYPES: dict[str, np.dtype[Any]] = {
    "s16": np.dtype("<i2"),
    "f32": np.dtype("<f4"),
    "mulaw": np.dtype("u1"),
}
"""How a sample is written in each encoding that is not compressed."""


def decoded(content: bytes, encoding: str, channels: int) -> Samples:
    """Decode a chunk.

    Args:
        content: samples of all channels, one after the other.
        encoding: one of `TYPES`.
        channels: how many.

    Returns:
        Shape ``(samples, channels)``.

    Raises:
        Refused: if it ends within a sample.
    """
    kind = TYPES[encoding]
    if len(content) % (kind.itemsize * channels):
        raise Refused(
            Code.BAD_REQUEST,
            f"a chunk of {len(content)} bytes ends within a sample; {encoding} of {channels} "
            f"channels takes {kind.itemsize * channels} each",
        )
    values = np.frombuffer(content, kind).reshape(-1, channels)
    return MULAW[values] if encoding == "mulaw" else values
