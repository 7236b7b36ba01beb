"""Another sample rate, block by block: joined, the blocks are what the whole would have given."""

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

from lightspeech.audio.windows import Waveform


class Resampler:
    """Brings a waveform that comes in blocks to another sample rate."""

    def __init__(self, old: int, new: int) -> None:
        """Begin a recording at ``old`` Hz, wanted at ``new`` Hz; equal ones change nothing."""
        self._stream = (
            None if old == new else soxr.ResampleStream(old, new, num_channels=1, dtype="float32")
        )

    def feed(self, block: Waveform) -> Waveform:
        """Take a block of any length; give what is ready, some milliseconds behind."""
        return block if self._stream is None else self._resample(block, last=False)

    def flush(self) -> Waveform:
        """Give the rest; the recording ends."""
        nothing = np.zeros(0, np.float32)
        return nothing if self._stream is None else self._resample(nothing, last=True)

    def _resample(self, block: Waveform, *, last: bool) -> Waveform:
        assert self._stream is not None
        block = np.clip(self._stream.resample_chunk(block, last=last), -1, 1)
        return block


def resampled(blocks: Iterable[Waveform], old: int, new: int) -> Iterator[Waveform]:
    """Bring blocks of a waveform, −1…1, from ``old`` to ``new`` Hz; some may become empty."""
    resampler = Resampler(old, new)
    for block in blocks:
        yield resampler.feed(block)
    yield resampler.flush()
