"""What a front end is: levels, windows, bands."""

from typing import Literal

import numpy as np

from lightspeech.config import config
from lightspeech.errors import ConfigError

RANGE_DB = 52.0
"""What is further below the loudest band is not heard, unless ``range_db`` says otherwise."""

RELATIVE = ("loudest", "recent")
"""Levels that a band is taken relative to, after the logarithm."""

RECENT_S = 2.0
"""How long what was loud counts, under ``level: recent``."""

FAINT = 1e-9
"""Largest floor under ``level: recent``: half a step of 16 bits."""

MAX_N_FFT = 1 << 15
"""A second and more at any rate that speech needs; what a hostile bundle asks for is not tried."""


@config
class MelConfig:
    """Waveform to features. Times in samples, frequencies in Hz.

    Loudness is kept unless ``level`` says otherwise: it is a cue.

    Raises:
        ConfigError: if no tables can be made of these numbers; `tables` refuses empty mel bands.
    """

    sample_rate: int = 16_000
    """Hz."""
    level: Literal["kept", "loudest", "recent", "percentile"] = "kept"
    """``loudest`` takes log bands relative to the loudest of what is heard at once (a window), and
    none further below than ``range_db``: distance, gain and noise floor of a microphone are no cue.
    ``recent`` does so with the loudest of the last `RECENT_S`, so that no frame waits for a later
    one; with a floor below `FAINT` gain is no cue down to silence.
    ``percentile`` divides a window by its 99.9th percentile of |x| and clips it to ±1. That needs
    the whole window before its first frame: no stream can do it."""
    n_fft: int = 1024
    """Length of the periodic Hann window and of its Fourier transform: 64 ms."""
    hop_length: int = 640
    """40 ms: for emotion long hops cost nothing and halve the work (docs/experiments.md)."""
    n_mels: int = 64
    """Mel bands, 1 to ``n_fft``."""
    f_min: float = 60.0
    """Hz; lower edge of the lowest band, 0 or above."""
    f_max: float = 7600.0
    """Hz; upper edge of the highest band, at most half the sample rate."""
    mel_scale: Literal["slaney", "htk"] = "slaney"
    """``slaney``: equal areas, as in librosa; ``htk``: equal heights, as in HTK and TensorFlow."""
    power: Literal[1, 2] = 2
    """1 takes the magnitude of a bin, 2 its power."""
    floor: float = 1e-6
    """Added before the logarithm; what silence is."""
    range_db: float = RANGE_DB
    """1 to 200: how far below the loudest bands are heard, under ``loudest`` and ``recent``; less
    forgives more: lines that lack bands, noise, a converter's steps (docs/experiments.md)."""
    kind: Literal["log_mel", "mfcc", "spectrogram"] = "log_mel"
    """``spectrogram`` leaves out mel bands and logarithm."""
    n_mfcc: int = 40
    """Coefficients that are kept, the zeroth too, 1 to ``n_mels``; read where ``kind`` is mfcc."""
    clip: float | None = None
    """MFCC beyond ± clip are cut off there."""

    def __post_init__(self) -> None:
        """Refuse what no table can be made of."""
        length_fits = self.n_fft in range(2, MAX_N_FFT + 1, 2)
        if not length_fits or self.hop_length < 1 or self.sample_rate < 1:
            raise ConfigError(
                f"n_fft must be even, 2 to {MAX_N_FFT}, hop_length and sample_rate >= 1; "
                f"found {self.n_fft}, {self.hop_length}, {self.sample_rate}"
            )
        if not 0 <= self.f_min < self.f_max <= self.sample_rate / 2:
            raise ConfigError(
                f"need 0 <= f_min < f_max <= {self.sample_rate / 2:g} Hz (half the sample rate), "
                f"found f_min={self.f_min:g}, f_max={self.f_max:g}"
            )
        if self.kind == "mfcc" and not 1 <= self.n_mfcc <= self.n_mels:
            raise ConfigError(f"n_mfcc must be 1 to n_mels={self.n_mels}, found {self.n_mfcc}")
        if self.level == "recent" and self.floor > FAINT:
            raise ConfigError(
                f"level: recent needs a floor of at most {FAINT:g}, found {self.floor:g}; "
                "write frontend.floor=1e-18"
            )
        if not 1 <= self.range_db <= 200:
            raise ConfigError(f"range_db must be 1 to 200, found {self.range_db:g}")
        mels_fit = 1 <= self.n_mels <= self.n_fft
        if not mels_fit or not self.floor > 0 or not (self.clip is None or self.clip > 0):
            raise ConfigError(
                f"n_mels must be 1 to n_fft={self.n_fft}, floor must be > 0, "
                f"clip must be > 0 or null; found {self.n_mels}, {self.floor:g}, {self.clip}"
            )

    @property
    def n_features(self) -> int:
        """Numbers in a frame: mel bands, cepstra, or FFT bins up to half the sample rate."""
        sizes = {"log_mel": self.n_mels, "mfcc": self.n_mfcc, "spectrogram": self.n_fft // 2 + 1}
        return sizes[self.kind]

    @property
    def recent_frames(self) -> int:
        """Frames that `RECENT_S` spans, 1 or more: what ``level: recent`` looks back on."""
        return max(round(RECENT_S * self.sample_rate / self.hop_length), 1)

    @property
    def quietest(self) -> float:
        """Least level under ``recent``: there digital silence lies at the end of what is heard."""
        return float(np.log(self.floor)) + log_range(self)

    def n_frames(self, n_samples: int) -> int:
        """Frames of ``n_samples`` at ``sample_rate``, 1 or more: short audio fills one window."""
        return 1 + max(n_samples - self.n_fft, 0) // self.hop_length


def log_range(cfg: MelConfig) -> float:
    """``range_db`` as a natural logarithm of what the bands hold, powers or magnitudes."""
    return cfg.range_db / 20 * float(np.log(10)) * cfg.power
