"""The one feature definition: waveform to log-mel, MFCC or spectrogram.

The frozen config makes NumPy tables; the NumPy code here is the reference, and the torch layer, the
exported graphs and generated code read the same tables. Frames are neither centred nor padded, so
that a stream gives the very frames a file gives: frame t begins at sample ``t * hop_length``.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from lightspeech.config import config
from lightspeech.errors import ConfigError

Array = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]

LOUDEST_SHARE = 0.999
"""Share of the samples that lie below what ``level: percentile`` divides by."""
SILENCE = 1e-5
"""Less than half a step of 16 bits: what is quieter is not made louder than a voice."""

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


@dataclass(frozen=True, eq=False)
class Tables:
    """The numbers a front end is made of."""

    window: Array
    """Periodic Hann, shape ``(n_fft,)``."""
    bands: tuple[tuple[int, Array], ...]
    """The mel matrix, sparse: first FFT bin and weights, shape ``(width,)``, of each band."""
    dct: Array
    """Orthonormal DCT-II, shape ``(n_mels, n_mfcc)``."""

    def mel_matrix(self, n_bins: int) -> Array:
        """The bands as a dense matrix, shape ``(n_bins, n_mels)``; ``n_bins`` is n_fft // 2 + 1."""
        dense = np.zeros((n_bins, len(self.bands)), np.float32)
        for band, (first, weights) in enumerate(self.bands):
            dense[first : first + len(weights), band] = weights
        return dense


@lru_cache(maxsize=16)
def tables(cfg: MelConfig) -> Tables:
    """Compute the tables of a front end, in double precision, stored in single; cached.

    Raises:
        ConfigError: if a mel band is so narrow that no FFT bin lies in it.
    """
    n = np.arange(cfg.n_fft)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * n / cfg.n_fft)
    mel = _mel_matrix(cfg)
    empty = np.flatnonzero(mel.max(0) <= 0)
    if len(empty):
        raise ConfigError(
            f"mel band {empty[0]} of {cfg.n_mels} holds no FFT bin at n_fft={cfg.n_fft}; "
            "take fewer n_mels, a larger n_fft or a higher f_min"
        )
    return Tables(
        window=window.astype(np.float32),
        bands=tuple(
            (int(np.flatnonzero(band)[0]), band[band > 0].astype(np.float32)) for band in mel.T
        ),
        dct=_dct_matrix(cfg.n_mels, cfg.n_mfcc).astype(np.float32),
    )


def slopes(cfg: MelConfig) -> tuple[int, list[Double], Double]:
    """Write the bands as what they share: between two centres one falls by what the next one rises.

    Args:
        cfg: a front end with mel bands.

    Returns:
        The first FFT bin; how far the next band has risen at each bin of a slope, 0 to 1, for the
        ``n_mels + 1`` slopes from edge to edge, of any number of bins each; and the height of each
        band, shape ``(n_mels,)``.
    """
    grid, edges = _edges(cfg)
    ends = np.searchsorted(grid, edges)
    rising = [
        (grid[begin:end] - low) / (high - low)
        for begin, end, low, high in zip(ends, ends[1:], edges, edges[1:], strict=False)
    ]
    return int(ends[0]), rising, _heights(cfg, edges)


def _mel_matrix(cfg: MelConfig) -> Double:
    """Triangular bands in double precision, shape ``(n_bins, n_mels)``."""
    grid, edges = _edges(cfg)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (grid[:, None] - low) / (centre - low)
    falling = (high - grid[:, None]) / (high - centre)
    bands: Double = np.clip(np.minimum(rising, falling), 0, None) * _heights(cfg, edges)
    return bands


def _edges(cfg: MelConfig) -> tuple[Double, Double]:
    """Where FFT bins lie, and where bands begin, are highest and end: in Hz, of ``htk`` in mel."""
    to_mel = _slaney if cfg.mel_scale == "slaney" else _htk
    grid = np.linspace(0, cfg.sample_rate / 2, cfg.n_fft // 2 + 1)
    lowest, highest = to_mel(np.array([cfg.f_min, cfg.f_max]))
    edges: Double = np.linspace(lowest, highest, cfg.n_mels + 2)
    if cfg.mel_scale == "slaney":
        edges = _slaney_inverse(edges)
    else:
        grid = to_mel(grid)  # HTK and TensorFlow draw the triangles over mel, not over Hz
    return grid, edges


def _heights(cfg: MelConfig, edges: Double) -> Double:
    heights: Double = 2 / (edges[2:] - edges[:-2])
    return heights if cfg.mel_scale == "slaney" else np.ones(cfg.n_mels)


def _htk(hertz: Double) -> Double:
    mel: Double = 1127.0 * np.log1p(hertz / 700.0)
    return mel


def _slaney(hertz: Double) -> Double:
    """Linear to 1 kHz, logarithmic above (Slaney 1998, Auditory Toolbox)."""
    above = 15.0 + np.log(np.maximum(hertz, 1000.0) / 1000.0) * 27.0 / np.log(6.4)
    return np.where(hertz < 1000.0, hertz * 3.0 / 200.0, above)


def _slaney_inverse(mel: Double) -> Double:
    return np.where(
        mel < 15.0, mel * 200.0 / 3.0, 1000.0 * np.exp((mel - 15.0) * np.log(6.4) / 27.0)
    )


def _dct_matrix(n_mels: int, n_mfcc: int) -> Double:
    order = np.arange(n_mfcc)
    angle = np.pi / n_mels * (np.arange(n_mels)[:, None] + 0.5) * order
    scale = np.where(order == 0, np.sqrt(1 / n_mels), np.sqrt(2 / n_mels))
    matrix: Double = np.cos(angle) * scale
    return matrix


def leveled(waveform: Array, cfg: MelConfig) -> Array:
    """Bring a waveform to the level that the front end hears; without ``percentile`` it stays.

    Args:
        waveform: shape ``(samples,)``, one or more, float32, −1 to 1.
        cfg: the front end.

    Returns:
        Same shape; under ``percentile`` its peak is 1 unless it is quieter than `SILENCE`.
    """
    if cfg.level != "percentile":
        return waveform
    loudest = np.percentile(np.abs(waveform), 100 * LOUDEST_SHARE).astype(np.float32)
    scaled: Array = np.clip(waveform / max(loudest, np.float32(SILENCE)), -1, 1)
    return scaled


def log_bands(waveform: Array, cfg: MelConfig) -> Array:
    """Logarithm of the energy of each mel band (of each FFT bin, for a spectrogram).

    This is what is cached and augmented; `finish` makes the features of it.

    Args:
        waveform: shape ``(samples,)``, float32, −1 to 1, at ``cfg.sample_rate``.
        cfg: the front end.

    Returns:
        Natural logarithms, shape ``(frames, bands)``, at least ``log(cfg.floor)``.

    Raises:
        ConfigError: as `tables`.
    """
    logarithm: Array = np.log(energies(waveform, cfg) + np.float32(cfg.floor))
    return logarithm


def energies(waveform: Array, cfg: MelConfig) -> Array:
    """Energy of each mel band, or of each FFT bin for a spectrogram.

    Args:
        waveform: shape ``(samples,)``, float32, −1 to 1, at ``cfg.sample_rate``.
        cfg: the front end.

    Returns:
        Without the floor, shape ``(frames, bands)``; magnitudes where ``cfg.power`` is 1.

    Raises:
        ConfigError: as `tables`.
    """
    energy = _spectrum(waveform, cfg)
    if cfg.kind == "spectrogram":
        return energy
    bands = tables(cfg).bands
    return np.stack([energy[:, at : at + len(weights)] @ weights for at, weights in bands], axis=1)


def centres(cfg: MelConfig) -> Double:
    """Frequency at which each band is highest, Hz, shape ``(bands,)``.

    Args:
        cfg: the front end.

    Raises:
        ConfigError: as `tables`.
    """
    width = cfg.sample_rate / cfg.n_fft
    if cfg.kind == "spectrogram":
        return np.arange(cfg.n_features, dtype=np.float64) * width
    highest = [at + int(weights.argmax()) for at, weights in tables(cfg).bands]
    return np.array(highest, np.float64) * width


def finish(logarithm: Array, cfg: MelConfig) -> Array:
    """Turn what `log_bands` gives into features.

    Args:
        logarithm: shape ``(frames, bands)``; all frames of one window, since ``level: loudest``
            looks for the loudest of them, and ``level: recent`` for that of the last ones.
        cfg: the front end.

    Returns:
        Shape ``(frames, cfg.n_features)``.
    """
    if cfg.level == "loudest":
        loudest = logarithm.max()
        logarithm = np.maximum(logarithm - loudest, np.float32(-log_range(cfg)))
    if cfg.level == "recent":
        before = np.full(cfg.recent_frames - 1, cfg.quietest, np.float32)
        known = np.concatenate([before, logarithm.max(1)])
        recent = np.lib.stride_tricks.sliding_window_view(known, cfg.recent_frames).max(1)
        level = np.maximum(recent, np.float32(cfg.quietest))
        logarithm = np.maximum(logarithm - level[:, None], np.float32(-log_range(cfg)))
    if cfg.kind == "log_mel":
        return logarithm
    if cfg.kind == "spectrogram":
        return np.exp(logarithm) - np.float32(cfg.floor)
    cepstra = logarithm @ tables(cfg).dct
    return cepstra if cfg.clip is None else np.clip(cepstra, -cfg.clip, cfg.clip)


def log_range(cfg: MelConfig) -> float:
    """``range_db`` as a natural logarithm of what the bands hold, powers or magnitudes."""
    return cfg.range_db / 20 * float(np.log(10)) * cfg.power


def features(waveform: Array, cfg: MelConfig) -> Array:
    """Turn a waveform into what a model is given.

    Args:
        waveform: shape ``(samples,)``, float32, −1 to 1, at ``cfg.sample_rate``; one window.
        cfg: the front end.

    Returns:
        Shape ``(cfg.n_frames(samples), cfg.n_features)``.

    Raises:
        ConfigError: as `tables`.

    Example:
        >>> features(np.zeros(48_000, np.float32), MelConfig()).shape
        (74, 64)
    """
    return finish(log_bands(waveform, cfg), cfg)


def _spectrum(waveform: Array, cfg: MelConfig) -> Array:
    """Magnitude or power of each FFT bin, shape ``(frames, n_fft // 2 + 1)``."""
    padded = leveled(np.pad(waveform, (0, max(cfg.n_fft - len(waveform), 0))), cfg)
    frames = np.lib.stride_tricks.sliding_window_view(padded, cfg.n_fft)[:: cfg.hop_length]
    bins = np.fft.rfft(frames * tables(cfg).window)
    energy = bins.real**2 + bins.imag**2
    return (energy if cfg.power == 2 else np.sqrt(energy)).astype(np.float32, copy=False)
