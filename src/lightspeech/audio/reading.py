"""Audio in whatever form somebody has it: a path, bytes, an open file, an array."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from lightspeech.audio import io, samples
from lightspeech.audio.resampling import resampled
from lightspeech.audio.windows import Waveform
from lightspeech.errors import ConfigError

File = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO
"""Its path, its bytes, or itself open for reading bytes."""
Recording = File | npt.NDArray[Any]
"""A file, or samples: an array, see `samples`, whose sample rate must be told beside it."""


@dataclass(frozen=True, eq=False)
class Channel:
    """One channel of a recording, such as one of the two people of a call.

    Attributes:
        audio: the recording; an array of shape ``(samples, channels)``.
        number: of the channel, from 1.
    """

    audio: Recording
    number: int


Audio = Recording | Channel
"""What may be asked; of a recording as such it is the mean of its channels."""


def read_audio(
    audio: Audio, target_rate: int = 16_000, *, sample_rate: int | None = None
) -> Waveform:
    """Read audio of any format, rate and number of channels.

    Args:
        audio: a path, the bytes of a file, an open binary file, or an array of shape ``(samples,)``
            or ``(samples, channels)``: floats from −1 to 1, or integers, scaled by their type.
        target_rate: wanted, in Hz.
        sample_rate: of an array, in Hz; a file tells its own.

    Returns:
        The mean over channels, float32, −1…1, shape ``(samples,)``.

    Raises:
        AudioError: if it is missing, cut short, damaged, shorter than 10 ms, no audio, or holds
            NaN, infinities or numbers far outside −1…1.
        ConfigError: if it is nothing of that, or the rate of an array is missing.
    """
    return np.concatenate(list(blocks(audio, samples.rate(target_rate), sample_rate=sample_rate)))


def blocks(audio: Audio, target_rate: int, *, sample_rate: int | None = None) -> Iterator[Waveform]:
    """Read audio in blocks of any length; joined they are what `read_audio` gives.

    Args:
        audio: as of `read_audio`, an array of shape ``(samples,)`` or ``(samples, channels)``.
        target_rate: of the blocks, in Hz.
        sample_rate: of an array, in Hz.

    Yields:
        Float32, −1…1, shape ``(samples,)``.

    Raises:
        AudioError: as of `read_audio`.
        ConfigError: as of `read_audio`.
    """
    check(audio, sample_rate)
    whole, channel = (audio.audio, audio.number) if isinstance(audio, Channel) else (audio, None)
    if isinstance(whole, np.ndarray):
        yield from resampled(
            samples.blocks(whole, sample_rate, channel), samples.rate(sample_rate), target_rate
        )
        return
    with _seekable(whole) as source:
        yield from io.stream(source, target_rate, channel=channel)


def channels(audio: Recording) -> list[Channel]:
    """Take a recording apart: each of its channels is one of its own.

    Args:
        audio: as of `read_audio`; an array of shape ``(samples, channels)``. What cannot seek is
            read into memory.

    Raises:
        AudioError: if its beginning is no audio.
        ConfigError: if it is nothing that can be read.
    """
    if isinstance(audio, np.ndarray):
        n_channels = audio.shape[1] if audio.ndim == 2 else 1
        return [Channel(audio, number) for number in range(1, n_channels + 1)]
    check(audio, None)
    if not isinstance(audio, str | os.PathLike | bytes | bytearray | memoryview):
        audio = audio if audio.seekable() else audio.read()
    with _seekable(audio) as source:
        return [Channel(audio, number) for number in range(1, io.n_channels(source) + 1)]


def check(audio: object, sample_rate: object) -> None:
    """Refuse what is no audio at all, before anything is read.

    Args:
        audio: anything.
        sample_rate: what was given beside it, in Hz.

    Raises:
        ConfigError: if it is of none of the forms of `Audio`, or the rate is missing or too much.
        AudioError: if no recording of speech has that rate.
    """
    if isinstance(audio, Channel):
        audio = audio.audio
    if isinstance(audio, np.ndarray):
        samples.rate(sample_rate)
        return
    if not isinstance(audio, str | os.PathLike | bytes | bytearray | memoryview):
        _check_file(audio)
    if sample_rate is not None:
        raise ConfigError(
            f"sample_rate={sample_rate} beside a file, which tells its own; leave it out "
            "(it is for arrays)"
        )


def _check_file(audio: object) -> None:
    if not hasattr(audio, "read"):
        raise ConfigError(
            f"audio is a {type(audio).__name__}; give a path, the bytes of a file, an open binary "
            "file, or a NumPy array with sample_rate="
        )
    if hasattr(audio, "encoding"):
        raise ConfigError("audio is a file opened as text; open it with 'rb'")
    if getattr(audio, "closed", False):
        raise ConfigError("audio is a file that was closed; open it again")


@contextmanager
def _seekable(audio: File) -> Iterator[Path | BinaryIO]:
    if isinstance(audio, bytes | bytearray | memoryview):
        yield BytesIO(audio)
    elif isinstance(audio, str | os.PathLike):
        yield Path(audio)
    elif audio.seekable():
        yield audio
    else:  # a pipe cannot seek, which decoding needs; a file on disk keeps memory flat
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(audio, copy)
            copy.seek(0)
            yield copy
