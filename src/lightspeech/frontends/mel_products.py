"""The front end as matrix products: for runtimes without a Fourier transform, such as LiteRT."""

import math

import numpy as np
import torch
from torch import Tensor, nn

from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.frontends import transform_products
from lightspeech.frontends.mel_layer import MelLayer

HALVINGS = 24
"""Bits of a float32: of the largest sample no finer share can be told."""


class MelProducts(nn.Module):
    """Waveform to features, for one length of waveform; the numbers of `MelLayer`.

    Attributes:
        window: shape ``(n_fft,)``.
        first: of `transform_products.tables` with ``a * b = n_fft``, shape ``(2, a, a)``.
        turn: shape ``(2, a, b)``.
        second: shape ``(2, b, b)``.
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
        tables = frontend.tables(cfg)
        buffers = {
            "window": tables.window.astype(np.float32),
            **transform_products.tables(cfg.n_fft),
            "mel": tables.mel_matrix(cfg.n_fft // 2 + 1),
        }
        for name, table in buffers.items():
            self.register_buffer(name, torch.from_numpy(np.array(table)), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Turn ``waveform``, shape ``(batch, samples)``, into ``(batch, frames, n_features)``."""
        energy = transform_products.energy(
            self._frames(self.leveled(waveform)) * self.window, self.first, self.turn, self.second
        )
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
        cfg, n_frames = self.cfg, self.cfg.n_frames(waveform.shape[1])
        return transform_products.frames(waveform, n_frames, cfg.n_fft, cfg.hop_length)


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
