"""What phones, browsers and messengers write: MP4 and AAC, WebM, AMR, WMA; by the extra ``media``.

PyAV brings FFmpeg, which also opens playlists that name other files. So it is given open files
alone, no path, and no format that can name any.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np
import numpy.typing as npt

from lightspeech.audio import samples
from lightspeech.audio.containers.chunks import SECTOR
from lightspeech.audio.containers.links import Link, View, read_at, size
from lightspeech.errors import AudioError, MissingExtra

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container import InputContainer

TELLS_DURATION = (
    "mov", "matroska", "webm", "asf", "avi", "flv", "caf", "tta", "wv", "ape",
)  # fmt: skip
"""Formats of FFmpeg whose header says how long they are; of the others it guesses."""
FORMATS = (
    *TELLS_DURATION,
    "aac", "loas", "amr", "amrnb", "amrwb", "ac3", "eac3", "mp3", "mpeg", "mpegts", "ogg",
)  # fmt: skip
"""None of them names other files."""
SUFFIXES = frozenset(
    ".m4a .m4b .mp4 .m4v .mov .3gp .3g2 .aac .amr .awb .webm .mka .mkv .weba .wma .wmv .asf .avi "
    ".flv .ts .mpg .mpeg .ac3 .ape .wv .tta .spx .mp2 .mpga".split()
)
"""How files of such formats are named; some of them libsndfile reads too."""
SIGNS = {
    (4, b"ftyp"): "MP4 and M4A",
    (4, b"moov"): "MP4 and M4A",
    (4, b"mdat"): "MP4 and M4A",
    (0, b"\x1a\x45\xdf\xa3"): "WebM and Matroska",
    (0, b"#!AMR"): "AMR",
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"): "WMA",
    (0, b"\xff\xf1"): "AAC",
    (0, b"\xff\xf9"): "AAC",
    (0, b"FLV\x01"): "FLV",
    (8, b"AVI "): "AVI",
}
"""What stands where in a file that needs the extra, and what to call it."""
PROPERTIES_OF_ASF = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
"""Identifier of the part of a WMA that tells how many bytes there are, 40 bytes on."""
TOLERANCE_S = 0.2
"""What may lack of the duration that a header tells: packets, rounding."""


def blocks(file: BinaryIO, name: str, why: str) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Decode a file that libsndfile cannot open.

    Args:
        file: open, it can seek.
        name: what an error calls it.
        why: what libsndfile said.

    Yields:
        Sample rate in Hz and samples, float32, shape ``(samples, channels)``.

    Raises:
        AudioError: if it is no audio, cut short or damaged, or the extra is not installed.
    """
    kind = _kind(file)
    unreadable = AudioError(f"{name}: not readable as audio ({why}); give WAV, FLAC or OGG")
    if kind == "WMA" and _bytes_of_asf(file) > size(file) + SECTOR:
        raise AudioError(
            f"{name}: cut short, {size(file)} of {_bytes_of_asf(file)} bytes are there; "
            "copy it again"
        )
    try:
        import av
    except ImportError:
        missing = AudioError(f"{name}: {MissingExtra(f'{kind} audio', 'media')}")
        raise (missing if kind else unreadable) from None
    options = {"format_whitelist": ",".join(FORMATS), "protocol_whitelist": "none"}
    try:
        container = av.open(
            View(file, Link(0, size(file))), "r", options=options, metadata_errors="replace"
        )
    except av.FFmpegError as error:
        cut = AudioError(f"{name}: cut short or damaged ({error.strerror}); copy it again")
        raise (cut if kind else unreadable) from None
    with container:
        if not container.streams.audio:
            raise AudioError(f"{name}: holds no sound; give a recording that has a sound track")
        is_empty = True
        for block in _joined(_frames(container, name)):
            is_empty = False
            yield block
        if is_empty:
            raise unreadable


def is_needed(path: Path) -> bool:
    """Tell whether a file has a format of FFmpeg's."""
    if not os.path.isfile(path):  # a pipe would be waited for
        return False
    try:
        with path.open("rb") as file:
            return bool(_kind(file))
    except OSError:
        return False


def _kind(file: BinaryIO) -> str:
    """Name the format of a file that needs the extra; empty where it shows none."""
    head = read_at(file, 0, 16)
    return next((kind for (at, sign), kind in SIGNS.items() if head[at:].startswith(sign)), "")


def _bytes_of_asf(file: BinaryIO) -> int:
    """Tell how many bytes the header of a WMA promises: FFmpeg takes what is there for all."""
    head = read_at(file, 0, 1 << 16)
    at = head.find(PROPERTIES_OF_ASF)
    return int.from_bytes(head[at + 40 :][:8], "little") if at >= 0 else 0


def _frames(container: "InputContainer", name: str) -> Iterator["AudioFrame"]:
    """Decode the first sound track; refuse a file that ends before its time.

    All tracks are read, since the duration is that of the longest.
    """
    import av

    index, end_s, is_broken = container.streams.audio[0].index, 0.0, False
    damaged = AudioError(f"{name}: cut short or damaged behind its beginning; copy it again")
    try:
        for packet in container.demux():
            if packet.pts is not None and packet.time_base is not None:
                end_s = max(end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
            if packet.stream_index != index:
                continue
            if is_broken and packet.size:  # the last packet alone is where a recorder stopped
                raise damaged
            try:
                frames = packet.decode()
            except av.FFmpegError:
                frames, is_broken = [], True
            yield from cast("list[AudioFrame]", frames)
    except av.FFmpegError:
        raise damaged from None
    told = set(container.format.name.split(",")) & set(TELLS_DURATION)
    duration_s = (container.duration or 0) / 1_000_000 if told else 0.0
    if duration_s - end_s > TOLERANCE_S:
        raise AudioError(
            f"{name}: cut short or damaged, {end_s:.1f} of {duration_s:.1f} seconds are there; "
            "copy it again"
        )


def _joined(frames: Iterable["AudioFrame"]) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Join frames of one rate and one number of channels to blocks of some length."""
    kept: list[npt.NDArray[np.float32]] = []
    n_samples, kind = 0, (0, 0)
    for frame in frames:
        block = _samples(frame)
        if kept and (n_samples >= samples.BLOCK or kind != (frame.sample_rate, block.shape[1])):
            yield kind[0], np.concatenate(kept)
            kept, n_samples = [], 0
        kind = frame.sample_rate, block.shape[1]
        n_samples += len(block)
        kept.append(block)
    if kept:
        yield kind[0], np.concatenate(kept)


def _samples(frame: "AudioFrame") -> npt.NDArray[np.float32]:
    """Give the samples of a frame, shape ``(samples, channels)``."""
    array = frame.to_ndarray()  # (channels, samples), or (1, samples * channels)
    channels = frame.layout.nb_channels
    block = array.T if frame.format.is_planar else array.reshape(-1, channels)
    return samples.scaled(block).astype(np.float32, copy=False)
