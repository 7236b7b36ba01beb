"""Samples of an array to a waveform: checked, scaled by their type, mixed to mono.

One rule for arrays: ``(samples,)``, or ``(samples, channels)`` as soundfile gives it. Integers of 8
to 32 bits are scaled by their type (int16: divided by 32768), floats lie in −1…1.
"""

import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.audio.windows import Waveform
from lightspeech.errors import AudioError, ConfigError, LightspeechWarning

BLOCK = 1 << 16
"""Samples treated at once: 1.4 s at 48 kHz, so that hours of audio take flat memory."""
MAX_CHANNELS = 64
SAMPLE_RATES = (1_000, 768_000)
"""Lowest and highest rate in Hz that a recording of speech can honestly have."""
MIN_DURATION_S = 0.01
"""One pitch period of a low voice; less is a click, and no answer about it means anything."""
MAX_PEAK = 4.0
"""Decoders overshoot full scale a little (clipped); beyond 12 dB the samples are not −1…1."""
CANCELLED_DB = 12
"""A mix so far below the mean energy of its channels is no mix: two unlike voices lose 3 dB."""
NAME = "array"
"""What an error calls samples that came from no file."""


def check_rate(sample_rate: int, name: str = NAME) -> None:
    """Refuse a sample rate that no recording of speech has.

    Args:
        sample_rate: in Hz.
        name: what an error calls the recording.

    Raises:
        AudioError: if it lies outside `SAMPLE_RATES`.
    """
    lowest, highest = SAMPLE_RATES
    if not lowest <= sample_rate <= highest:
        raise AudioError(f"{name}: {sample_rate} Hz; allowed are {lowest} to {highest} Hz")


def check_channels(channels: int, name: str = NAME) -> None:
    """Refuse a number of channels that no recording has.

    Args:
        channels: how many.
        name: what an error calls the recording.

    Raises:
        AudioError: if it is not 1 to `MAX_CHANNELS`.
    """
    if not 1 <= channels <= MAX_CHANNELS:
        raise AudioError(f"{name}: {channels} channels; allowed are 1 to {MAX_CHANNELS}")


def check_length(n_samples: int, sample_rate: int, name: str = NAME) -> None:
    """Refuse a recording that is too short to mean anything.

    Args:
        n_samples: a channel.
        sample_rate: in Hz.
        name: what an error calls the recording.

    Raises:
        AudioError: if it is shorter than `MIN_DURATION_S`.
    """
    if n_samples < MIN_DURATION_S * sample_rate:
        raise AudioError(
            f"{name}: {n_samples} samples at {sample_rate} Hz; at least {MIN_DURATION_S} s "
            "is needed, give a longer recording"
        )


def check_values(block: npt.NDArray[np.floating[Any]], name: str = NAME) -> None:
    """Refuse samples that are no waveform.

    Args:
        block: of any shape, but not empty.
        name: what an error calls the recording.

    Raises:
        AudioError: if there is a NaN or an infinity, or a sample far outside −1…1.
    """
    peak = max(block.max(), -block.min())  # NaN if there is one: both are
    if not np.isfinite(peak):
        raise AudioError(
            f"{name}: holds samples that are no numbers (NaN or Inf); make it again without them"
        )
    if peak > MAX_PEAK:
        raise AudioError(
            f"{name}: samples reach {peak:g}, allowed are -1 to 1; scale it down "
            "(floats that were 16-bit integers: divide by 32768)"
        )


def rate(sample_rate: object) -> int:
    """Check the sample rate that was given beside an array, in Hz.

    Raises:
        ConfigError: if there is none, or it is no whole number.
        AudioError: if no recording of speech has it.
    """
    if sample_rate is None:
        raise ConfigError(
            "an array says nothing of its sample rate; add it in Hz, as in sample_rate=16000"
        )
    numbers = (int, float, np.integer, np.floating)
    if (
        not isinstance(sample_rate, numbers)
        or isinstance(sample_rate, bool)
        or sample_rate % 1 != 0
    ):
        raise ConfigError(f"sample_rate is {sample_rate!r}; give a whole number of Hz")
    hertz = int(sample_rate)
    check_rate(hertz)
    return hertz


def mono(array: npt.NDArray[Any], channels: int | None = None) -> Waveform:
    """Turn samples of any type into a waveform of their own: nothing is shared with the array.

    Args:
        array: as of `as_mono`, shape ``(samples,)`` or ``(samples, channels)``.
        channels: how many there must be; default: any number.

    Returns:
        The mean over channels, float32, −1…1, shape ``(samples,)``.

    Raises:
        ConfigError: as of `as_mono`.
        AudioError: as of `as_mono`.
    """
    waveform = as_mono(array, channels)
    return waveform.copy() if np.may_share_memory(waveform, array) else waveform


def as_mono(array: npt.NDArray[Any], channels: int | None = None) -> Waveform:
    """Turn samples of any type into a waveform; what is one already is given as it is.

    Args:
        array: shape ``(samples,)`` or ``(samples, channels)``; it may be empty.
        channels: how many there must be; default: any number.

    Returns:
        The mean over channels, float32, −1…1, shape ``(samples,)``.

    Raises:
        ConfigError: if it is no array.
        AudioError: if its shape, type or values are none of a recording.
    """
    if not isinstance(array, np.ndarray):
        raise ConfigError(
            f"samples are a {type(array).__name__}; give a NumPy array, whose type says their "
            "scale: numpy.asarray(samples, numpy.float32) for -1 to 1, "
            "numpy.frombuffer(samples, '<i2') for bytes of 16-bit samples"
        )
    _check_shape(array, channels)
    return Mixer().feed(_checked(array))


def blocks(
    array: npt.NDArray[Any], sample_rate: object, channel: int | None = None
) -> Iterator[Waveform]:
    """Turn an array into blocks of its waveform, each checked as it comes.

    Args:
        array: shape ``(samples,)`` or ``(samples, channels)``, as of `mono`.
        sample_rate: in Hz.
        channel: the one to take, from 1; default: the mean of all.

    Yields:
        Float32, −1…1, shape ``(samples,)``.

    Raises:
        ConfigError: as of `mono` and `rate`.
        AudioError: as of `mono` and `rate`, if it is shorter than `MIN_DURATION_S`, or has no such
            channel.
    """
    _check_shape(array, None)
    check_length(len(array), rate(sample_rate))
    mixer = Mixer(channel=channel)
    for at in range(0, len(array), BLOCK):
        yield mixer.feed(_checked(array[at : at + BLOCK]))
    mixer.flush()


def _checked(array: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Give samples of any type as floats, shape ``(samples, channels)``."""
    masked = sys.modules.get("numpy.ma")  # which takes long to import, and nobody had to so far
    if masked is not None and isinstance(array, masked.MaskedArray):
        raise ConfigError("samples are masked; fill the gaps first: array.filled(0)")
    floats = scaled(array)
    if floats.size:
        check_values(floats)
    single = floats.astype(np.float32, copy=False)
    return single[:, None] if single.ndim == 1 else single


class Mixer:
    """Makes one waveform of the channels of a recording, and warns where they cancel."""

    def __init__(self, name: str = NAME, channel: int | None = None) -> None:
        """Begin a recording.

        Args:
            name: what an error calls it.
            channel: the one to take, from 1; default: the mean of all.
        """
        self._name, self._channel, self._n_channels = name, channel, 1
        self._energy, self._energy_of_mix = 0.0, 0.0

    def feed(self, block: npt.NDArray[np.float32]) -> Waveform:
        """Take a block.

        Args:
            block: shape ``(samples, channels)``, −1…1.

        Returns:
            Shape ``(samples,)``, −1…1.

        Raises:
            AudioError: if it has no such channel.
        """
        self._n_channels = block.shape[1]
        if self._channel is not None:
            if not 1 <= self._channel <= self._n_channels:
                raise AudioError(
                    f"{self._name}: no channel {self._channel}; it has {self._n_channels}, "
                    "counted from 1"
                )
            return _within(np.ascontiguousarray(block[:, self._channel - 1]))
        if self._n_channels == 1:
            return _within(block[:, 0])
        mix: Waveform = block.mean(1)
        self._energy += float(np.vdot(block, block)) / self._n_channels
        self._energy_of_mix += float(np.vdot(mix, mix))
        return _within(mix)

    def flush(self) -> None:
        """End the recording; warn where the mix is `CANCELLED_DB` or more below its channels."""
        if self._energy_of_mix <= self._energy * 10 ** (-CANCELLED_DB / 10) and self._energy:
            warnings.warn(
                f"{self._name}: its {self._n_channels} channels cancel each other, their mean is "
                f"{CANCELLED_DB} dB or more below them; take one by one (predict --channels each)",
                LightspeechWarning,
                stacklevel=2,
            )


def _within(block: Waveform) -> Waveform:
    """Clip to −1…1 where anything is beyond: a copy costs more than a look."""
    within = not block.size or (block.min() >= -1 and block.max() <= 1)
    return block if within else np.clip(block, -1, 1)


def _check_shape(array: npt.NDArray[Any], channels: int | None) -> None:
    n_channels = array.shape[1] if array.ndim == 2 else 1
    if array.ndim not in (1, 2) or not 1 <= n_channels <= MAX_CHANNELS:
        raise AudioError(
            f"array: shape {array.shape}; allowed are (samples,) and (samples, channels) with 1 to "
            f"{MAX_CHANNELS} channels; transpose (channels, samples): array.T"
        )
    if channels is not None and n_channels != channels:
        raise AudioError(
            f"array: shape {array.shape} has {n_channels} channels, this stream {channels}; "
            "give (samples, channels), or open the stream with channels="
        )


def scaled(array: npt.NDArray[Any]) -> npt.NDArray[np.floating[Any]]:
    """Bring integers to −1…1; floats stay.

    Args:
        array: shape ``(samples, channels)``, or any other.

    Returns:
        Floats, shape ``(samples, channels)``, or that other.

    Raises:
        AudioError: if its type is none of samples.
    """
    kind, n_bytes = array.dtype.kind, array.dtype.itemsize
    if kind == "f":
        return array
    if kind not in "iu" or n_bytes > 4:
        raise AudioError(
            f"array: samples of type {array.dtype}; allowed are floats from -1 to 1 and integers "
            "of 8, 16 or 32 bits; convert it with .astype"
        )
    half = 2.0 ** (8 * n_bytes - 1)
    centre = half if kind == "u" else 0.0
    scaled: npt.NDArray[np.float64] = (array.astype(np.float64) - centre) / half
    return scaled
