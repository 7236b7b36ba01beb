"""Waveform to features in NumPy: what every other form of a front end is held against."""

import numpy as np

from lightspeech.audio.frontend.mel_config import MelConfig, log_range
from lightspeech.audio.frontend.tables import Array, tables

LOUDEST_SHARE = 0.999
"""Share of the samples that lie below what ``level: percentile`` divides by."""
SILENCE = 1e-5
"""Less than half a step of 16 bits: what is quieter is not made louder than a voice."""


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
