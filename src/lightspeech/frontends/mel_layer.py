"""The front end as a torch layer: the tables of the NumPy reference, inside exported graphs."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig


class MelLayer(nn.Module):
    """Waveform to features; exports with a dynamic length (an STFT operation in ONNX).

    Attributes:
        window: shape ``(n_fft,)``.
        bins: places among the FFT bins that each band adds up, shape ``(bands, longest)``.
        weights: of these, zero behind the shorter bands, shape ``(bands, longest)``.
        dct: log bands to cepstra, shape ``(n_mels, n_mfcc)``.
    """

    window: Tensor
    bins: Tensor
    weights: Tensor
    dct: Tensor

    def __init__(self, cfg: MelConfig) -> None:
        """Take the tables of a front end as buffers that no weights file holds."""
        super().__init__()
        self.cfg = cfg
        tables = frontend.tables(cfg)
        longest = max(len(weights) for _, weights in tables.bands)
        weights = np.stack([np.pad(w, (0, longest - len(w))) for _, w in tables.bands])
        bins = np.array([first for first, _ in tables.bands])[:, None] + np.arange(longest)
        bins = np.minimum(bins, cfg.n_fft // 2)
        buffers = {"window": tables.window, "bins": bins, "weights": weights, "dct": tables.dct}
        for name, table in buffers.items():
            self.register_buffer(name, torch.from_numpy(np.array(table)), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Turn ``waveform``, shape ``(batch, samples)``, into ``(batch, frames, n_features)``."""
        return self.finish(self.log_bands(waveform))

    def leveled(self, waveform: Tensor) -> Tensor:
        """Level each waveform of a batch, as `lightspeech.audio.frontend.reference.leveled`.

        Args:
            waveform: shape ``(batch, samples)``.

        Returns:
            The same shape.
        """
        if self.cfg.level != "percentile":
            return waveform
        loudest = torch.quantile(waveform.abs(), frontend.LOUDEST_SHARE, dim=1, keepdim=True)
        return (waveform / loudest.clamp(min=frontend.SILENCE)).clamp(-1, 1)

    def log_bands(self, waveform: Tensor) -> Tensor:
        """Compute log bands, as `lightspeech.audio.frontend.reference.log_bands`, for a batch.

        Args:
            waveform: at least one Fourier transform long, shape ``(batch, samples)``.

        Returns:
            Shape ``(batch, frames, bands)``.
        """
        bins = torch.stft(
            self.leveled(waveform),
            self.cfg.n_fft,
            self.cfg.hop_length,
            window=self.window,
            center=False,
            return_complex=True,
        ).transpose(1, 2)
        energy = bins.real**2 + bins.imag**2
        if self.cfg.power == 1:
            energy = energy.sqrt()
        if self.cfg.kind != "spectrogram":
            # Sparse, bands padded to one length: a quarter of the dense matrix in a file.
            energy = (energy[:, :, self.bins] * self.weights).sum(-1)
        return torch.log(energy + self.cfg.floor)

    def finish(self, logarithm: Tensor) -> Tensor:
        """Turn log bands into features, as `lightspeech.audio.frontend.reference.finish`.

        Args:
            logarithm: log bands, shape ``(batch, frames, bands)``, or without the batch.

        Returns:
            Shape ``(batch, frames, n_features)``, or without the batch.
        """
        if self.cfg.level == "loudest":
            below = logarithm - logarithm.amax((-2, -1), keepdim=True)
            logarithm = below.clamp(min=-frontend.log_range(self.cfg))
        if self.cfg.level == "recent":
            below = logarithm - self._recent(logarithm)
            logarithm = below.clamp(min=-frontend.log_range(self.cfg))
        if self.cfg.kind == "log_mel":
            return logarithm
        if self.cfg.kind == "spectrogram":
            return logarithm.exp() - self.cfg.floor
        cepstra = logarithm @ self.dct
        return cepstra if self.cfg.clip is None else cepstra.clamp(-self.cfg.clip, self.cfg.clip)

    def _recent(self, logarithm: Tensor) -> Tensor:
        """The loudest band of each frame and those before it, shape ``(…, frames, 1)``."""
        before, quietest = self.cfg.recent_frames - 1, self.cfg.quietest
        loudest = logarithm.amax(-1, keepdim=True).clamp(min=quietest)
        known = F.pad(loudest, (0, 0, before, 0), value=quietest)
        return F.max_pool2d(known[None], (before + 1, 1), stride=1)[0]
