"""Whisper's log-mel as matrix products: for runtimes without a Fourier transform."""

import torch
from torch import Tensor, nn

from lightspeech.frontends import transform_products
from lightspeech.frontends.whisper_log_mel import HOP, N_FFT, LogMel


class LogMelProducts(nn.Module):
    """Waveform to log-mel, for one length of waveform; the numbers of a `LogMel`.

    Attributes:
        first: of `transform_products.tables` with ``a * b = N_FFT``, shape ``(2, a, a)``.
        turn: shape ``(2, a, b)``.
        second: shape ``(2, b, b)``.
    """

    first: Tensor
    turn: Tensor
    second: Tensor

    def __init__(self, log_mel: LogMel) -> None:
        """Take the window, the mel matrix and the level of a log-mel."""
        super().__init__()
        self.log_mel = log_mel
        for name, table in transform_products.tables(N_FFT).items():
            self.register_buffer(name, torch.from_numpy(table), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Turn ``waveform``, ``(batch, samples)``, into ``(batch, samples / HOP, bands)``."""
        edge = N_FFT // 2  # mirrored at both ends; LiteRT's converter would look up each sample
        before, after = waveform[:, 1 : edge + 1].flip(1), waveform[:, -edge - 1 : -1].flip(1)
        padded = torch.cat([before, waveform, after], 1)
        frames = transform_products.frames(padded, waveform.shape[1] // HOP, N_FFT, HOP)
        windowed = frames * self.log_mel.window
        return self.log_mel.of_energy(
            transform_products.energy(windowed, self.first, self.turn, self.second)
        )
