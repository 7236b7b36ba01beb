"""Audio files to waveforms: anything libsndfile reads, checked, mixed to mono and resampled."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import soxr

from lightspeech.audio import _ogg, samples
from lightspeech.audio.resampling import resampled
from lightspeech.audio.windows import Waveform
from lightspeech.errors import AudioError

UNKNOWN = 1 << 62
"""libsndfile says 2**63 − 1 frames where a header gives no length."""

_SHORT_DATA = re.compile(r"(?:data|SSND|Data Size|riff|Riff size) *: (\d+) \(should be (\d+)\)")
_PIPED = 0x7FFFF000
"""Programs that write WAV into a pipe cannot know its size and put a number above this."""


@dataclass(frozen=True, kw_only=True)
class AudioInfo:
    """What the samples of a file say."""

    duration_s: float
    """Seconds."""
    sample_rate: int
    """Of the file, in Hz."""
    audio_hash: str
    """SHA-256 of the mono mix in 16 bits, hexadecimal. WAV, FLAC and float copies of the same
    samples, and two equal channels of them, share it; lossy copies and other rates do not."""


def inspect(path: str | Path) -> AudioInfo:
    """Decode a whole file, block by block, and tell its length, rate and hash.

    Raises:
        AudioError: if the file is missing, cut short, damaged or not audio.
    """
    digest = hashlib.sha256()
    with _opened(Path(path)) as file:
        for block in _mono_blocks(file, str(path)):
            digest.update(np.clip(np.rint(block * 32768), -32768, 32767).astype("<i2").tobytes())
        return AudioInfo(
            duration_s=file.frames / file.samplerate,
            sample_rate=file.samplerate,
            audio_hash=digest.hexdigest(),
        )


def load(source: str | Path | BinaryIO, sample_rate: int = 16_000) -> Waveform:
    """Decode a whole file, mixed to mono and resampled where its rate is another.

    Args:
        source: a file, or an open one that can seek.
        sample_rate: in Hz, of the waveform.

    Returns:
        Float32, −1 to 1, shape ``(samples,)``.

    Raises:
        AudioError: if the file is missing, cut short, damaged or not audio.
    """
    return np.concatenate(list(stream(source, sample_rate)))


def sped_up(waveform: Waveform, rate: float) -> Waveform:
    """Play a waveform faster or slower, pitch and all.

    Args:
        waveform: shape ``(samples,)``.
        rate: how many times as fast, > 0; 1 leaves it as it is.

    Returns:
        Shape ``(samples / rate,)``, rounded.
    """
    return waveform if rate == 1 else soxr.resample(waveform, rate, 1).astype(np.float32)


def stream(source: str | Path | BinaryIO, sample_rate: int = 16_000) -> Iterator[Waveform]:
    """Decode a file in blocks of any length; joined they are exactly what `load` gives.

    Args:
        source: a file, or an open one that can seek.
        sample_rate: in Hz, of the blocks.

    Yields:
        Float32, −1 to 1, shape ``(n,)``, of any length, some of them empty.

    Raises:
        AudioError: if the file is missing, cut short, damaged or not audio.
    """
    source = Path(source) if isinstance(source, str) else source
    with _opened(source) as file:
        blocks = _mono_blocks(file, _name(source))
        yield from resampled(blocks, file.samplerate, sample_rate)


def _name(source: Path | BinaryIO) -> str:
    return str(source) if isinstance(source, Path) else "audio stream"


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[soundfile.SoundFile]:
    name = _name(source)
    try:
        _check_bytes(source, name)
        file = soundfile.SoundFile(source)
    except OSError as error:
        raise AudioError(f"{name}: cannot be read ({error.strerror}); check its rights") from None
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: headerless .raw
        why = getattr(error, "error_string", error)
        raise AudioError(f"{name}: not readable as audio ({why}); give WAV, FLAC or OGG") from None
    with file:
        _check_header(file, name)
        yield file


def _check_bytes(source: Path | BinaryIO, name: str) -> None:
    if isinstance(source, Path) and source.is_dir():
        raise AudioError(
            f"{name}: no file but a folder; name an audio file (predict takes a folder that holds "
            "some)"
        )
    if isinstance(source, Path) and not source.is_file():
        raise AudioError(f"{name}: no such file; check the path")
    if isinstance(source, Path) and source.stat().st_size == 0:
        raise AudioError(f"{name}: the file is empty (0 bytes); record or copy it again")
    if _ogg.is_cut(source):
        raise AudioError(f"{name}: cut short, its last page is not complete; copy it again")


def _check_header(file: soundfile.SoundFile, name: str) -> None:
    samples.check_channels(file.channels, name)
    samples.check_rate(file.samplerate, name)
    if file.frames >= UNKNOWN:
        raise AudioError(f"{name}: the header gives no length; save it to a WAV file first")
    short = _SHORT_DATA.search(file.extra_info)
    if short and int(short[2]) < int(short[1]) < _PIPED:
        raise AudioError(
            f"{name}: cut short, {short[2]} of {short[1]} bytes are there; copy it again"
        )
    samples.check_length(file.frames, file.samplerate, name)


def _mono_blocks(file: soundfile.SoundFile, name: str) -> Iterator[Waveform]:
    n_read = 0
    while n_read < file.frames:
        block = _read_block(file, name, n_read)
        n_read += len(block)
        yield np.clip(block.mean(1), -1, 1)


def _read_block(file: soundfile.SoundFile, name: str, n_read: int) -> Waveform:
    try:
        block: Waveform = file.read(
            samples.BLOCK, dtype="float32", always_2d=True
        )  # (frames, channels)
    except soundfile.LibsndfileError:
        block = np.zeros((0, 1), np.float32)
    if not len(block):
        raise AudioError(
            f"{name}: cut short or damaged, {n_read} of {file.frames} samples decode; copy it again"
        )
    samples.check_values(block, name)
    return block
