"""The front end as matrix products: for runtimes without a Fourier transform, such as LiteRT.

A transform of ``n_fft = a * b`` points is two small ones with a turn in between (Cooley & Tukey
1965): some kilobytes of tables, where a convolution with the whole basis takes megabytes.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn

from lightspeech.audio import frontend
from lightspeech.audio.frontend import Array, MelConfig
from lightspeech.frontends.mel_layer import MelLayer

HALVINGS = 24
"""Bits of a float32: of the largest sample no finer share can be told."""


class MelProducts(nn.Module):
    """Waveform to features, for one length of waveform; the numbers of `MelLayer`.

    With ``n_fft = a * b``, and cosine and sine as the first axis of each table of rotations:

    Attributes:
        window: shape ``(n_fft,)``.
        first: transform of ``a`` points, shape ``(2, a, a)``.
        turn: between both transforms, shape ``(2, a, b)``.
        second: transform of ``b`` points, shape ``(2, b, b)``.
        mel: bins to bands, shape ``(n_fft // 2 + 1, n_mels)``.
    """

    window: Tensor
    first: Tensor
    turn: Tensor
    second: Tensor
    mel: Tensor

    def __init__(self, cfg: MelConfig) -> None:
        """Make the tables."""
        super().__init__()
        self.cfg, self.layer = cfg, MelLayer(cfg)
        self.a, self.b = _factors(cfg.n_fft)
        tables = frontend.tables(cfg)
        buffers = {
            "window": tables.window.astype(np.float32),
            "first": _rotations(self.a, self.a, self.a),
            "turn": _rotations(self.a, self.b, cfg.n_fft),
            "second": _rotations(self.b, self.b, self.b),
            "mel": tables.mel_matrix(cfg.n_fft // 2 + 1),
        }
        for name, table in buffers.items():
            self.register_buffer(name, torch.from_numpy(np.array(table)), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Turn ``waveform``, shape ``(batch, samples)``, into ``(batch, frames, n_features)``."""
        energy = self._energy(self._frames(self.leveled(waveform)) * self.window)
        if self.cfg.power == 1:
            energy = energy.sqrt()
        if self.cfg.kind != "spectrogram":
            energy = energy @ self.mel
        return self.layer.finish(torch.log(energy + self.cfg.floor))

    def leveled(self, waveform: Tensor) -> Tensor:
        """As `MelLayer.leveled`, without the sorting that LiteRT has no operation for.

        Args:
            waveform: shape ``(batch, samples)``.

        Returns:
            The same shape.
        """
        if self.cfg.level != "percentile":
            return waveform
        place = frontend.LOUDEST_SHARE * (waveform.shape[1] - 1)
        below = math.floor(place)
        ranks = torch.tensor([[below, min(below + 1, waveform.shape[1] - 1)]])
        shares = torch.tensor([[1 - (place - below), place - below]])
        loudest = (_of_rank(waveform.abs(), ranks) * shares).sum(1, keepdim=True)
        return (waveform / loudest.clamp(min=frontend.SILENCE)).clamp(-1, 1)

    def _frames(self, waveform: Tensor) -> Tensor:
        """Overlapping windows from blocks that both window and hop are made of."""
        n_fft, hop = self.cfg.n_fft, self.cfg.hop_length
        block = math.gcd(n_fft, hop)
        n_frames = self.cfg.n_frames(waveform.shape[1])
        needed = (n_frames - 1) * hop + n_fft
        blocks = waveform[:, :needed].reshape(len(waveform), -1, block)
        last = (n_frames - 1) * (hop // block) + 1
        parts = [blocks[:, k : k + last : hop // block] for k in range(n_fft // block)]
        return torch.cat(parts, dim=2)  # (B, T, n_fft)

    def _energy(self, frames: Tensor) -> Tensor:
        """Squared magnitude of the bins up to half the sample rate."""
        rows = frames.reshape(*frames.shape[:2], self.a, self.b)  # (B, T, a, b)
        cos, sin = self.first.unbind()
        real, imaginary = cos @ rows, sin @ rows
        cos, sin = self.turn.unbind()
        real, imaginary = real * cos - imaginary * sin, real * sin + imaginary * cos
        cos, sin = self.second.unbind()
        real, imaginary = real @ cos - imaginary @ sin, real @ sin + imaginary @ cos
        energy = (real * real + imaginary * imaginary).transpose(2, 3).flatten(2)
        return energy[:, :, : self.cfg.n_fft // 2 + 1]


def _of_rank(sizes: Tensor, ranks: Tensor) -> Tensor:
    """The values that have a rank in sorted order, shape ``(batch, ranks)``, by bisection.

    Args:
        sizes: at least 0, shape ``(batch, samples)``.
        ranks: from 0 on, shape ``(1, ranks)``.
    """
    # Where all begin alike, LiteRT's converter makes one number without an axis of them.
    apart = frontend.SILENCE * torch.arange(ranks.shape[1])
    high = sizes.amax(1, keepdim=True) + apart
    low = torch.zeros_like(high)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        enough = (sizes[:, None] <= middle[..., None]).float().sum(2) > ranks
        low, high = torch.where(enough, low, middle), torch.where(enough, middle, high)
    return high


def _factors(n: int) -> tuple[int, int]:
    """The two factors of a length that are nearest to each other."""
    a = next(a for a in range(math.isqrt(n), 0, -1) if n % a == 0)
    return a, n // a


def _rotations(rows: int, columns: int, period: int) -> Array:
    """Cosine and sine of ``-2 pi row * column / period``, shape ``(2, rows, columns)``."""
    angle = -2 * np.pi * np.outer(np.arange(rows), np.arange(columns)) / period
    return np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
