"""Windows of fixed length over a waveform: the one rule for training, measuring and devices."""

from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from lightspeech.config import config

Waveform = npt.NDArray[np.float32]
Over = Literal["mean", "max"]

LIMITS_S = (0.01, 60.0)
"""Seconds a window or a hop may have: below, no sample is left at 1 kHz; above, memory goes."""


@config
class Windows:
    """How an utterance of any length becomes inputs of one length.

    Raises:
        ValueError: if a length is outside `LIMITS_S`.
    """

    window_s: float = 3.0
    """Seconds a model hears at once; shorter audio is centred in silence."""
    hop_s: float | None = 1.0
    """Seconds from window to window over longer audio; null takes the central window alone."""
    over: Over = "mean"
    """What of the probabilities of an utterance's windows is its answer: their mean, or of each
    class the largest, divided by the sum of these."""

    def __post_init__(self) -> None:
        """Refuse lengths that cannot be, NaN among them."""
        low, high = LIMITS_S
        for name, value in (("window_s", self.window_s), ("hop_s", self.hop_s)):
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} must be {low} to {high} seconds, found {value}")

    def samples(self, sample_rate: int) -> tuple[int, int]:
        """Window and hop in samples at ``sample_rate`` Hz; without a hop it is as long."""
        return round(self.window_s * sample_rate), round(
            (self.hop_s or self.window_s) * sample_rate
        )

    def starts(self, n_samples: int, sample_rate: int) -> list[int]:
        """First sample of each window; negative where the audio is shorter than the window.

        Windows are a hop apart, and a last one ends with the audio: no tail is dropped, none is
        padded, and a stream of unknown length is cut alike.

        Args:
            n_samples: length of the audio in samples, 0 or more.
            sample_rate: of the audio, in Hz.

        Example:
            >>> Windows(window_s=3.0, hop_s=1.0).starts(n_samples=70_000, sample_rate=16_000)
            [0, 16000, 22000]
            >>> Windows(window_s=3.0).starts(n_samples=40_000, sample_rate=16_000)
            [-4000]
        """
        window, hop = self.samples(sample_rate)
        spare = n_samples - window
        if spare <= 0 or self.hop_s is None:
            return [spare // 2]
        return [*range(0, spare, hop), spare]

    def cut(self, waveform: Waveform, sample_rate: int) -> npt.NDArray[np.float32]:
        """Cut a waveform into windows that begin at `starts`.

        Args:
            waveform: shape ``(samples,)``.
            sample_rate: of the waveform, in Hz.

        Returns:
            Float32, shape ``(n, window)``; short audio lies in the middle of zeros.
        """
        window, _ = self.samples(sample_rate)
        starts = self.starts(len(waveform), sample_rate)
        make = np.zeros if starts[0] < 0 else np.empty  # each window fills its row but a short one
        rows = make((len(starts), window), np.float32)
        for row, start in zip(rows, starts, strict=True):
            inside = waveform[max(start, 0) : start + window]
            row[max(-start, 0) :][: len(inside)] = inside
        return rows

    def pooled(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Make one answer of those of windows, as ``over`` says.

        Args:
            rows: probabilities of each window, shape ``(n, n_classes)``.

        Returns:
            Shape ``(n_classes,)``, sums to 1.

        Example:
            >>> Windows(over="max").pooled(np.float32([[0.9, 0.1], [0.4, 0.6]])).round(2).tolist()
            [0.6000000238418579, 0.4000000059604645]
        """
        if self.over == "mean":
            mean: npt.NDArray[np.float32] = rows.mean(0)
            return mean
        largest = rows.max(0)
        answer: npt.NDArray[np.float32] = largest / largest.sum()
        return answer

    def stream(
        self, blocks: Iterable[Waveform], sample_rate: int
    ) -> Iterator[tuple[int, Waveform]]:
        """Cut blocks of a waveform as `cut` cuts the whole, holding no more than a few windows.

        Without a hop nobody can know the central window of a stream: windows follow each other.

        Args:
            blocks: shape ``(n,)`` each, of any length.
            sample_rate: of the blocks, in Hz.

        Yields:
            First sample and samples, shape ``(window,)``, of each window.
        """
        cutter = Cutter(self, sample_rate)
        for block in blocks:
            yield from cutter.feed(block)
        yield cutter.flush()


class Cutter:
    """Cuts a waveform that comes in blocks, see `Windows.stream`."""

    def __init__(self, windows: Windows, sample_rate: int) -> None:
        """Begin a recording.

        Args:
            windows: how it is cut.
            sample_rate: of it, in Hz.
        """
        self._windows, self._sample_rate = windows, sample_rate
        self._kept = np.zeros(0, np.float32)
        self._new: list[Waveform] = []  # joined only once a window is complete
        self._first = self._start = self._end = 0  # first kept, next window, end, in samples

    def feed(self, block: Waveform) -> list[tuple[int, Waveform]]:
        """Take a block; give first sample and samples of complete windows.

        A window is complete once a sample follows it: the last one of a recording ends with it.

        Args:
            block: shape ``(samples,)``.

        Returns:
            Of each window its first sample in the recording, and shape ``(samples,)``.
        """
        window, hop = self._windows.samples(self._sample_rate)
        self._new.append(block)
        self._end += len(block)
        complete = []
        if self._end > self._start + window:
            self._join()
        while self._end > self._start + window:
            complete.append((self._start, self._kept[self._start - self._first :][:window]))
            self._start += hop
        passed = max(min(self._start - self._first, len(self._kept) - window), 0)
        self._kept, self._first = self._kept[passed:], self._first + passed
        return complete

    def flush(self) -> tuple[int, Waveform]:
        """Give the window that ends with the recording; a shorter one is centred in silence.

        Returns:
            Its first sample in the recording, and shape ``(samples,)``.
        """
        self._join()
        window, _ = self._windows.samples(self._sample_rate)
        spare = len(self._kept) - window
        last = self._windows.cut(self._kept[-window:], self._sample_rate)[0]
        return self._first + (spare if spare > 0 else spare // 2), last

    def _join(self) -> None:
        self._kept, self._new = np.concatenate((self._kept, *self._new)), []
