"""The numbers that a front end is made of: window, mel bands, cosines."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lightspeech.audio.frontend.mel_config import MelConfig
from lightspeech.errors import ConfigError

Array = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]


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
