"""The process that decodes what strangers send: with little memory, and no file it could write.

``python -m lightspeech.serving.decoder BYTES`` reads files from standard input, each behind
`REQUEST`, and answers each by frames; with ``live`` behind it standard input is one WebM that is
still being recorded. It ends with its input. On Linux it takes no more than so many bytes beyond
what it begins with; elsewhere the server limits its time alone.
"""

import os
import struct
import sys
import warnings
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from lightspeech.audio import reading
from lightspeech.errors import AudioError, LightspeechError, LightspeechWarning, MissingExtra

REQUEST = struct.Struct("<QId")
"""Bytes of a file, the rate that is wanted in Hz, and the longest sound in seconds."""
FRAME = struct.Struct("<cI")
"""Kind and bytes of what follows."""
AUDIO, WARNING, FAULT, TOO_LONG, DONE = b"A", b"W", b"F", b"L", b"D"
"""Kinds: float32 mono, a text, a text, nothing, nothing."""
LIVE = "live"
LIVE_RATE = 48_000
"""Hz: to what Opus decodes."""
READ = 1 << 16

Blocks = Iterator[npt.NDArray[np.float32]]


def main() -> None:
    """Decode until the input ends."""
    frames = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no frame
    _limit(int(sys.argv[1]))
    if sys.argv[2:] == [LIVE]:
        _answer(frames, _live(), float("inf"))
        return
    while len(head := sys.stdin.buffer.read(REQUEST.size)) == REQUEST.size:
        n_bytes, rate, longest_s = REQUEST.unpack(head)
        content = sys.stdin.buffer.read(n_bytes)
        _answer(frames, reading.blocks(content, rate), longest_s * rate)


def _limit(n_bytes: int) -> None:
    """Take no more memory than that, write no file, leave no image of memory."""
    if sys.platform != "linux":
        return
    import resource

    with open("/proc/self/statm", "rb") as file:
        begun = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (begun + n_bytes, begun + n_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(frames: BinaryIO, blocks: Blocks, longest: float) -> None:
    """Answer one file, as far as it goes, by frames."""
    n_samples, end, text = 0, DONE, ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LightspeechWarning)
        try:
            for block in blocks:
                n_samples += len(block)
                if n_samples > longest:
                    end = TOO_LONG
                    break
                _write(frames, AUDIO, block.tobytes())
        except LightspeechError as error:
            end, text = FAULT, str(error)
        except MemoryError:
            end, text = FAULT, "audio stream: takes too much memory to decode; give WAV or FLAC"
    for one in caught:
        if issubclass(one.category, LightspeechWarning):
            _write(frames, WARNING, str(one.message).encode())
    _write(frames, end, text.encode())


def _write(frames: BinaryIO, kind: bytes, content: bytes) -> None:
    frames.write(FRAME.pack(kind, len(content)) + content)
    frames.flush()


class _Input:
    """Standard input as FFmpeg takes it: what is there, however much was asked for."""

    def read(self, n_bytes: int) -> bytes:
        return os.read(0, min(n_bytes, READ))


def _live() -> Blocks:
    """Decode the WebM on standard input while it comes."""
    try:
        import av
    except ImportError:
        raise MissingExtra("Opus in WebM", "media") from None
    options = {"format_whitelist": "matroska,webm", "protocol_whitelist": "none"}
    try:
        with av.open(_Input(), "r", format="webm", options=options) as container:
            if not container.streams.audio:
                raise AudioError("stream: this WebM holds no sound")
            to_mono = av.AudioResampler(format="flt", layout="mono", rate=LIVE_RATE)
            for frame in container.decode(container.streams.audio[0]):
                for mono in to_mono.resample(frame):
                    yield mono.to_ndarray()[0].astype(np.float32, copy=False)
    except av.FFmpegError as error:
        raise AudioError(f"stream: no WebM, or a damaged one ({error.strerror})") from None


if __name__ == "__main__":
    main()
