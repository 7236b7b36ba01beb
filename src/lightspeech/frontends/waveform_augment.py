"""Augmentation of waveforms: what `lightspeech.frontends.augment` does to bands, done to samples.

A window falls somewhere within the utterance, spoken faster or slower by a phase vocoder, higher or
lower by resampling, which the vocoder undoes in time; gain, noise and silences follow.
"""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lightspeech.audio import folders, io
from lightspeech.audio.windows import Waveform
from lightspeech.errors import ConfigError
from lightspeech.frontends import augment
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.states import SAMPLE_RATE

N_FFT, HOP = 512, 128
"""Of the vocoder: 32 and 8 ms."""
FRAME = SAMPLE_RATE // 100
"""Samples of a place where silence may begin."""


@dataclass(frozen=True)
class Noise:
    """Where noise comes from: recordings, or a generator of white to pink noise.

    Attributes:
        files: recordings, drawn alike often; none: noise is made.
        generator: of all that is drawn here.
    """

    files: Sequence[Path]
    generator: np.random.Generator

    def draw(self, n_samples: int, colour: float) -> Tensor:
        """Give some noise of any level.

        Args:
            n_samples: of it.
            colour: of noise that is made, 0 (white) to 1 (pink).

        Returns:
            Shape ``(n_samples,)``.
        """
        if not self.files:
            white = self.generator.normal(size=n_samples)
            hertz = np.fft.rfftfreq(n_samples, 1 / SAMPLE_RATE).clip(min=50)
            noise = np.fft.irfft(np.fft.rfft(white) * hertz ** (-colour / 2), n_samples)
            return torch.from_numpy(noise.astype(np.float32))
        recorded = _load(self.files[int(self.generator.integers(len(self.files)))])
        start = int(self.generator.integers(len(recorded)))
        repeated = np.resize(np.roll(recorded, -start), n_samples)
        return torch.from_numpy(repeated)


@lru_cache(maxsize=16)
def _load(file: Path) -> Waveform:
    return io.load(file, SAMPLE_RATE)


def recordings(folder: str) -> tuple[Path, ...]:
    """List the recordings of noise below a folder.

    Raises:
        ConfigError: if there is none.
    """
    root = Path(folder).expanduser()
    files = tuple(folders.listing(root).recordings) if os.path.isdir(root) else ()
    if not files:
        raise ConfigError(
            f"frontend.noise={folder}: no recording there; name a folder that holds some"
        )
    return files


def bend(waveform: Waveform, n_samples: int, u: Tensor, cfg: Augment, noise: Noise) -> Tensor:
    """Cut a window out of an utterance and bend it.

    Args:
        waveform: whole utterance, shape ``(samples,)``.
        n_samples: of the window.
        u: numbers in [0, 1) from `augment.draw`, shape ``(columns,)``.
        cfg: how far to bend; bands are not masked, and rooms and lines are of bands.
        noise: to add.

    Returns:
        Shape ``(n_samples,)``.
    """
    numbers = u.tolist()
    rate = (1 + cfg.stretch) ** (2 * numbers[0] - 1)
    factor = 2 ** (cfg.semitones * (2 * numbers[2] - 1) / 12)
    piece = _cut(waveform, round(n_samples * rate), 0.5 + cfg.shift * (numbers[1] - 0.5))
    if cfg.semitones:
        piece = io.sped_up(piece, factor)
    window = torch.from_numpy(piece)
    if cfg.stretch or cfg.semitones:
        window = stretched(window, n_samples)
    window = window * 10 ** (cfg.gain_db * (2 * numbers[3] - 1) / 20)
    if numbers[4] < cfg.noise_probability:
        snr_db = cfg.snr_db_min + numbers[5] * (cfg.snr_db_max - cfg.snr_db_min)
        window = mixed(window, noise.draw(n_samples, numbers[6]), snr_db)
    return _silenced(window, u[None, 8 : 8 + 2 * cfg.time_masks], cfg.time_mask_s)


def _cut(waveform: Waveform, length: int, place: float) -> Waveform:
    """Cut so many samples; a shorter utterance lies somewhere in silence."""
    start = round(place * (len(waveform) - length))
    inside = waveform[max(start, 0) : max(start + length, 0)]
    before = max(-start, 0)
    return np.pad(inside, (before, length - before - len(inside)))


def stretched(waveform: Tensor, n_samples: int) -> Tensor:
    """Say the same in another time, at the same pitch: a phase vocoder (Flanagan & Golden 1966).

    Args:
        waveform: shape ``(samples,)``.
        n_samples: it is to have.

    Returns:
        Shape ``(n_samples,)``.
    """
    window = torch.hann_window(N_FFT)
    # Mirrored, the first frame would set phases apart that belong together, for all frames.
    bins = torch.stft(
        waveform, N_FFT, HOP, window=window, pad_mode="constant", return_complex=True
    )  # (F, T)
    bins = F.pad(bins, (0, 2))
    places = torch.arange(n_samples // HOP + 1) * (len(waveform) / n_samples)
    first = places.long().clamp(max=bins.shape[1] - 2)
    share = places - first
    before, after = bins[:, first], bins[:, first + 1]
    size = (1 - share) * before.abs() + share * after.abs()
    expected = (math.tau * HOP / N_FFT * torch.arange(N_FFT // 2 + 1))[:, None]
    turn = after.angle() - before.angle() - expected
    turn = turn - math.tau * (turn / math.tau).round() + expected
    phase = torch.cat([before[:, :1].angle(), turn[:, :-1]], 1).cumsum(1)
    return torch.istft(torch.polar(size, phase), N_FFT, HOP, window=window, length=n_samples)


def mixed(waveform: Tensor, noise: Tensor, snr_db: float) -> Tensor:
    """Add noise so much below the mean power of a waveform.

    Args:
        waveform: shape ``(samples,)``.
        noise: of any level, the same shape.
        snr_db: signal to noise.

    Returns:
        The same shape.
    """
    ratio = waveform.square().mean() / noise.square().mean().clamp(min=1e-12)
    return waveform + noise * (ratio * 10 ** (-snr_db / 10)).sqrt()


def _silenced(window: Tensor, u: Tensor, longest_s: float) -> Tensor:
    """Silence drawn stretches of time."""
    n_frames = -(-len(window) // FRAME)
    hidden = augment.runs(u, n_frames, min(longest_s * SAMPLE_RATE / FRAME, n_frames))[0]
    return window.masked_fill(hidden.repeat_interleave(FRAME)[: len(window)], 0.0)
