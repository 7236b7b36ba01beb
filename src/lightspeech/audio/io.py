"""Audio files to waveforms: decoded, checked, mixed to mono and resampled."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soxr

from lightspeech.audio import decoding, samples
from lightspeech.audio.resampling import resampled
from lightspeech.audio.windows import Waveform


@dataclass(frozen=True, kw_only=True)
class AudioInfo:
    """What the samples of a file say."""

    duration_s: float
    """Seconds."""
    sample_rate: int
    """Of the file, in Hz; of recordings joined in one file that of the first."""
    audio_hash: str
    """SHA-256 of the mono mix in 16 bits, hexadecimal. WAV, FLAC and float copies of the same
    samples, and two equal channels of them, share it; lossy copies and other rates do not."""


def inspect(path: str | Path) -> AudioInfo:
    """Decode a whole file, block by block, and tell its length, rate and hash.

    Raises:
        AudioError: if the file is missing, cut short, damaged or not audio.
    """
    digest, mixer = hashlib.sha256(), samples.Mixer(str(path))
    n_samples: dict[int, int] = {}
    for rate, block in decoding.blocks(Path(path)):
        mono = np.rint(mixer.feed(block) * 32768)
        digest.update(np.clip(mono, -32768, 32767).astype("<i2").tobytes())
        n_samples[rate] = n_samples.get(rate, 0) + len(block)
    mixer.flush()
    return AudioInfo(
        duration_s=sum(n / rate for rate, n in n_samples.items()),
        sample_rate=next(iter(n_samples)),
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


def stream(
    source: str | Path | BinaryIO, sample_rate: int = 16_000, *, channel: int | None = None
) -> Iterator[Waveform]:
    """Decode a file in blocks of any length; joined they are exactly what `load` gives.

    Args:
        source: a file, or an open one that can seek.
        sample_rate: in Hz, of the blocks.
        channel: the one to take, from 1; default: the mean of all.

    Yields:
        Float32, −1 to 1, shape ``(n,)``, of any length, some of them empty.

    Raises:
        AudioError: if the file is missing, cut short, damaged, not audio, or has no such channel.
    """
    source = Path(source) if isinstance(source, str) else source
    mixer = samples.Mixer(decoding.name_of(source), channel)
    for rate, group in groupby(decoding.blocks(source), key=itemgetter(0)):
        yield from resampled((mixer.feed(block) for _, block in group), rate, sample_rate)
    mixer.flush()


def n_channels(source: Path | BinaryIO) -> int:
    """Tell how many channels a file has; of several joined in one the first.

    Args:
        source: a file, or an open one that can seek.

    Raises:
        AudioError: if its beginning is no audio.
    """
    _, block = next(decoding.blocks(source))
    return int(block.shape[1])
