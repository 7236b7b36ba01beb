"""Audio files to samples as they are: what decodes is heard, whatever lengths a header tells.

`containers` finds where the sound lies, libsndfile decodes it; what that cannot, `media` does.
"""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile

from lightspeech.audio import containers, media, samples
from lightspeech.audio.containers import caf, mpeg, ogg
from lightspeech.audio.containers.links import Link, View, read_at, size
from lightspeech.errors import AudioError, LightspeechWarning
from lightspeech.files import is_text

Samples = npt.NDArray[np.float32]
"""Shape ``(samples, channels)``, −1…1."""

UNKNOWN = 1 << 62
"""libsndfile says 2**63 − 1 samples where a header gives no length."""
TOLERANCE_S = 0.02
"""What may lack of the length that a header tells: some milliseconds of a buffer are no cut."""
UNTOLD = frozenset("AVR IRCAM MAT4 MAT5 MPC2K NIST PAF PVF SVX VOC WVE XI".split())
"""Formats whose length libsndfile takes from the file that is there, whatever a header says."""


def _is_pointer(file: BinaryIO) -> bool:
    return read_at(file, 0, 23) == b"version https://git-lfs"


def _is_sample_dump(file: BinaryIO) -> bool:
    head = read_at(file, 0, 4)
    return head[:2] == b"\xf0\x7e" and head[3:] == b"\x01"


STREAM = "audio stream"
"""How a recording is called that has no path."""
REFUSED: dict[Callable[[BinaryIO], bool], str] = {
    _is_pointer: "a pointer of large-file storage, not the recording; type: git lfs pull",
    # libsndfile 1.2 prints to standard output about damaged ones of these two.
    _is_sample_dump: "a MIDI sample dump (SDS), which is not read; give WAV or FLAC",
    caf.has_damaged_packets: "damaged, its table of packets cannot be read; copy it again",
    ogg.is_cut: "cut short, its last page is not complete; copy it again",
}
"""What no decoder is given: it would be silent about it, or too loud."""


class InOrder(soundfile.SoundFile):  # type: ignore[misc]  # it has no types
    """A file that is read from its beginning to its end.

    soundfile 0.14.0 seeks after each read to the place where the file is already. The decoder of an
    MP3 then forgets what the next frame needs, and each block begins with noise or silence.
    """

    def seekable(self) -> bool:
        """Say no, so that nobody seeks."""
        return False


def blocks(source: Path | BinaryIO) -> Iterator[tuple[int, Samples]]:
    """Decode a file in blocks of any length.

    Args:
        source: a file, or an open one that can seek.

    Yields:
        Sample rate in Hz and samples, shape ``(samples, channels)``, at least one; of recordings
        that were joined in one file both may change on the way.

    Raises:
        AudioError: if the file is missing, cut short, damaged, shorter than 10 ms or no audio.
    """
    name = name_of(source)
    seconds = n_samples = 0.0
    rate = 0
    with _opened(source, name) as file:
        for rate, block in _decoded(source, file, name):
            samples.check_rate(rate, name)
            samples.check_channels(block.shape[1], name)
            seconds, n_samples = seconds + len(block) / rate, n_samples + len(block)
            if len(block):
                samples.check_values(block, name)
                yield rate, block
    if seconds < samples.MIN_DURATION_S:
        samples.check_length(int(n_samples), rate, name)


def name_of(source: Path | BinaryIO) -> str:
    """Tell what an error calls a file."""
    return str(source) if isinstance(source, Path) else STREAM


@contextmanager
def _opened(source: Path | BinaryIO, name: str) -> Iterator[BinaryIO]:
    if not isinstance(source, Path):
        yield source
        return
    _check_path(source)
    try:
        file = source.open("rb")
    except OSError as error:
        raise AudioError(f"{name}: cannot be read ({error.strerror}); check its rights") from None
    with file:
        yield file


def _check_path(path: Path) -> None:
    if os.path.isdir(path):
        raise AudioError(
            f"{path}: no file but a folder; name an audio file (predict takes a folder that holds "
            "some)"
        )
    if not os.path.isfile(path):  # nor is a name that is too long, or holds NUL
        if os.path.exists(path):
            raise AudioError(
                f"{path}: no file but a pipe or a device; give predict its sound as -, or save it "
                "as a file first"
            )
        raise AudioError(f"{path}: no such file; check the path")
    if path.stat().st_size == 0:
        raise AudioError(f"{path}: the file is empty (0 bytes); record or copy it again")


def _decoded(source: Path | BinaryIO, file: BinaryIO, name: str) -> Iterator[tuple[int, Samples]]:
    for is_so, why in REFUSED.items():
        if is_so(file):
            raise AudioError(f"{name}: {why}")
    n_bytes = size(file)
    first, *joined = containers.links(file)
    for link in (first, *joined):
        # By its path libsndfile reads quicker, and knows formats that have no header.
        by_path = link == Link(0, n_bytes) and isinstance(source, Path) and is_text(source)
        try:
            sound = InOrder(str(source) if by_path else View(file, link))
        except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: headerless .raw
            why = getattr(error, "error_string", str(error))
            if link in joined:
                raise AudioError(f"{name}: damaged where files were joined ({why})") from None
            yield from media.blocks(file, name, why)
            return
        with sound:
            yield from _sound(sound, link, name)


def _sound(file: soundfile.SoundFile, link: Link, name: str) -> Iterator[tuple[int, Samples]]:
    """Decode a link; refuse one that ends before its time, or say that nobody can tell."""
    _check_bytes(file, link, name)
    n_samples = 0
    yield file.samplerate, np.zeros((0, file.channels), np.float32)
    while n_samples < file.frames and len(block := _block(file, file.frames - n_samples)):
        n_samples += len(block)
        yield file.samplerate, block
    promised = _promised(file, link)
    if promised - n_samples > _tolerance(file):
        raise AudioError(
            f"{name}: cut short or damaged, {n_samples} of {promised} samples decode; copy it again"
        )
    if file.format in UNTOLD:
        warnings.warn(
            f"{name}: whether a {file.format} file was cut short cannot be told; give WAV or FLAC",
            LightspeechWarning,
            stacklevel=2,
        )


def _block(file: soundfile.SoundFile, left: int) -> Samples:
    """Read the next samples, of so many that are left; none at the end."""
    block: Samples = np.full((min(left, samples.BLOCK), file.channels), np.nan, np.float32)
    try:
        return block[: len(file.read(out=block))]
    except soundfile.LibsndfileError:  # which does not tell how many it decoded before
        return block[: np.count_nonzero(~np.isnan(block[:, 0]))]


def _check_bytes(file: soundfile.SoundFile, link: Link, name: str) -> None:
    """Refuse a link that lacks bytes of its sound."""
    if file.frames * link.missing > _tolerance(file) * link.n_bytes:
        raise AudioError(
            f"{name}: cut short, {link.n_bytes} of {link.n_bytes + link.missing} bytes are there; "
            "copy it again"
        )


def _promised(file: soundfile.SoundFile, link: Link) -> int:
    """Tell how many samples a channel there must be, as far as a header can say; else 0."""
    if link.n_samples is not None:
        return link.n_samples
    return 0 if link.endless or file.frames >= UNKNOWN else int(file.frames)


def _tolerance(file: soundfile.SoundFile) -> float:
    # An Info frame may count itself, and decoders swallow the first one.
    frames = 2 * mpeg.SAMPLES if file.format == "MP3" else 0
    return max(TOLERANCE_S * int(file.samplerate), frames)
