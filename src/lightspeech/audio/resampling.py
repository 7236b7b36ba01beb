"""Another sample rate, block by block: joined, the blocks are what the whole would have given."""

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

from lightspeech.audio.windows import Waveform


class Resampler:
    """Brings a waveform that comes in blocks to another sample rate."""

    def __init__(self, old: int, new: int) -> None:
        """Begin a recording; equal rates change nothing.

        Args:
            old: its rate, in Hz.
            new: the rate that is wanted, in Hz.
        """
        self._stream = (
            None if old == new else soxr.ResampleStream(old, new, num_channels=1, dtype="float32")
        )

    def feed(self, block: Waveform) -> Waveform:
        """Take a block of any length; give what is ready, some milliseconds behind.

        Args:
            block: shape ``(samples,)``, −1…1, at the old rate.

        Returns:
            Shape ``(samples,)``, at the new rate; perhaps none.
        """
        return block if self._stream is None else self._resample(block, last=False)

    def flush(self) -> Waveform:
        """Give the rest, shape ``(samples,)``; the recording ends."""
        nothing = np.zeros(0, np.float32)
        return nothing if self._stream is None else self._resample(nothing, last=True)

    def _resample(self, block: Waveform, *, last: bool) -> Waveform:
        assert self._stream is not None
        block = np.clip(self._stream.resample_chunk(block, last=last), -1, 1)
        return block


def resampled(blocks: Iterable[Waveform], old: int, new: int) -> Iterator[Waveform]:
    """Bring a waveform to another sample rate, block by block.

    Args:
        blocks: shape ``(samples,)`` each, −1…1.
        old: their rate, in Hz.
        new: the rate that is wanted, in Hz.

    Yields:
        Shape ``(samples,)`` each; some may be empty.
    """
    resampler = Resampler(old, new)
    for block in blocks:
        yield resampler.feed(block)
    yield resampler.flush()
