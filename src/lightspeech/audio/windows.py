"""Windows of fixed length over a waveform: the one rule for training, measuring and devices."""

import numpy as np
import numpy.typing as npt

from lightspeech.config import config
from lightspeech.errors import ConfigError

Waveform = npt.NDArray[np.float32]


@config
class Windows:
    """How an utterance of any length becomes inputs of one length."""

    window_s: float = 3.0
    """Seconds a model hears at once; shorter audio is centred in silence."""
    hop_s: float | None = 1.0
    """Seconds from window to window over longer audio; null takes the central window alone."""

    def __post_init__(self) -> None:
        """Refuse lengths that cannot be."""
        if self.window_s <= 0 or (self.hop_s is not None and self.hop_s <= 0):
            raise ConfigError(f"window_s and hop_s must be > 0, found {self.window_s}, {self.hop_s}")

    def starts(self, n_samples: int, sample_rate: int) -> list[int]:
        """First sample of each window; negative where the audio is shorter than the window.

        Windows are spread evenly from the first sample to the last, at most ``hop_s`` apart, so
        that no tail is dropped and none is padded.
        """
        window = round(self.window_s * sample_rate)
        spare = n_samples - window
        if spare <= 0 or self.hop_s is None:
            return [spare // 2]
        steps = -(-spare // round(self.hop_s * sample_rate))
        return [round(spare * step / steps) for step in range(steps + 1)]

    def cut(self, waveform: Waveform, sample_rate: int) -> npt.NDArray[np.float32]:
        """Cut a waveform, shape ``(samples,)``, into windows, shape ``(n, window)``."""
        window = round(self.window_s * sample_rate)
        starts = self.starts(len(waveform), sample_rate)
        rows = np.zeros((len(starts), window), np.float32)
        for row, start in zip(rows, starts, strict=True):
            inside = waveform[max(start, 0) : start + window]
            row[max(-start, 0) :][: len(inside)] = inside
        return rows
