"""Whisper's log-mel of a clip, to whom gain is a cue or none (Radford et al. 2022, sec. 2.2)."""

import math
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

N_FFT, HOP = 400, 160
DECADES = 8
"""Below the loudest that are heard."""
Level = Literal["kept", "loudest"]
FAINTEST: dict[Level, float] = {"kept": 1e-10, "loudest": 1e-18}
"""Least energy of a band: relative to the loudest, far less counts."""
LOUDEST = 1.5
"""What the loudest band becomes where gain is no cue: about that of speech near full scale."""


class LogMel(nn.Module):
    """Whisper's log-mel of a clip, its dynamic range limited to `DECADES` below the loudest.

    Attributes:
        window: shape ``(N_FFT,)``.
        mel: bins to bands, shape ``(N_FFT // 2 + 1, bands)``.
    """

    window: Tensor
    mel: Tensor

    def __init__(self, mel: Tensor, level: Level = "kept") -> None:
        """Take the mel matrix.

        Args:
            mel: shape ``(N_FFT // 2 + 1, bands)``.
            level: ``kept`` as Whisper hears, to whom gain is a cue; ``loudest``: all is relative to
                the loudest band of the clip, and digital silence lies at the end of what is heard.
        """
        super().__init__()
        self.level: Level = level
        self.register_buffer("window", torch.hann_window(N_FFT))
        self.register_buffer("mel", mel)

    def forward(self, waveform: Tensor) -> Tensor:
        """Compute the log-mel of waveforms.

        Args:
            waveform: 16 kHz, a whole number of strides long, shape ``(batch, samples)``.

        Returns:
            Shape ``(batch, frames, bands)``.
        """
        padded = F.pad(waveform[:, None], (N_FFT // 2, N_FFT // 2), mode="reflect")[:, 0]
        bins = torch.stft(
            padded, N_FFT, HOP, window=self.window, center=False, return_complex=True
        )  # (B, bins, T + 1)
        return self.of_energy((bins.real**2 + bins.imag**2)[:, :, :-1].transpose(1, 2))

    def of_energy(self, energy: Tensor) -> Tensor:
        """Compute the log-mel of the squared magnitudes of all bins.

        Args:
            energy: shape ``(batch, frames, N_FFT // 2 + 1)``.

        Returns:
            Shape ``(batch, frames, bands)``.
        """
        faintest = FAINTEST[self.level]
        log_mel = torch.log10((energy @ self.mel).clamp(min=faintest))
        least = math.log10(faintest) + DECADES
        loudest = log_mel.amax((1, 2), keepdim=True).clamp(min=least)
        heard = torch.maximum(log_mel, loudest - DECADES)
        return (heard + 4) / 4 if self.level == "kept" else (heard - loudest) / 4 + LOUDEST


def mel_matrix(extractor: Any) -> Tensor:
    """Give the mel matrix of a feature extractor, shape ``(N_FFT // 2 + 1, bands)``."""
    return torch.from_numpy(np.array(extractor.mel_filters, np.float32))
