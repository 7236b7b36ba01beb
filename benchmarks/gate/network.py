"""The gate as a network to train: what it rounds is rounded from the first step on."""

from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech.audio import gate

UNIT = 16.0
"""Steps of an activation to 1."""
SCORE_UNIT = 256.0
"""Steps of the score to a unit of log odds."""
AT_ONCE = 250
"""Scenes that are scored at once."""


def shifts(weight: Tensor) -> Tensor:
    """Bits of each output's scale, so that its largest weight nearly fills int8."""
    return torch.floor(torch.log2(127 / weight.abs().amax((1, 2)).clamp(min=1e-4))).clamp(4, 14)


class Convolution(nn.Module):
    """A causal convolution whose weights are whole numbers of a power of two."""

    def __init__(self, n_in: int, n_out: int, taps: int, dilation: int) -> None:
        """Begin with weights of He."""
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_out, n_in, taps) * (2 / (n_in * taps)) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(n_out))
        self.dilation = dilation

    def forward(self, x: Tensor, before: float = 0.0) -> Tensor:
        """Shape ``(frames, batch, n_in)``; ``before`` was heard before the beginning."""
        scale = 2 ** shifts(self.weight.detach())[:, None, None]
        rounded = (self.weight * scale).round().clamp(-127, 127) / scale
        weight = self.weight + (rounded - self.weight).detach()
        n_out, _, taps = weight.shape
        n_frames, reach = len(x), (taps - 1) * self.dilation
        padded = F.pad(x, (0, 0, 0, 0, reach, 0), value=before)
        heard = [padded[at : at + n_frames] for at in range(0, reach + 1, self.dilation)]
        return torch.cat(heard, 2) @ weight.permute(2, 1, 0).reshape(-1, n_out) + self.bias

    def whole(self, score: bool) -> dict[str, np.ndarray]:
        """Weights, bias and shift as whole numbers."""
        bits = shifts(self.weight.detach())
        scale = 2**bits
        weights = (self.weight.detach() * scale[:, None, None]).round().clamp(-127, 127)
        bias = (self.bias.detach() * scale * UNIT).round()
        shift = bits - (4 if score else 0)
        return {
            "weights": weights.permute(2, 1, 0).numpy().astype(np.int8),
            "bias": bias.numpy().astype(np.int32),
            "shift": shift.numpy().astype(np.int8),
        }


class Network(nn.Module):
    """Layers of one width, each hearing farther back, and a score."""

    def __init__(self, width: int, dilations: tuple[int, ...] = (1, 2, 4, 8)) -> None:
        """Begin with random weights."""
        super().__init__()
        sizes = (gate.N_BANDS, *[width] * len(dilations))
        self.hidden = nn.ModuleList(
            Convolution(n_in, n_out, 3, dilation)
            for n_in, n_out, dilation in zip(sizes, sizes[1:], dilations, strict=False)
        )
        self.score = Convolution(width, 1, 1, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        """Whole numbers of shape ``(batch, frames, bands)`` to log odds, ``(batch, frames)``."""
        x, before = inputs.transpose(0, 1).float() / UNIT, -gate.RANGE / UNIT
        for layer in self.hidden:
            x = layer(x, before).clamp(0, gate.LARGEST / UNIT)
            x = x + (torch.floor(x * UNIT + 0.5) / UNIT - x).detach()
            before = 0.0
        return self.score(x)[:, :, 0].T

    def scores(self, inputs: Tensor) -> Tensor:
        """Score many scenes, some of them at a time."""
        return torch.cat([self(rows) for rows in inputs.split(AT_ONCE)])

    def whole(self) -> dict[str, np.ndarray]:
        """All layers as the package keeps them."""
        hidden = [cast(Convolution, layer) for layer in self.hidden]
        layers = [layer.whole(score=False) for layer in hidden]
        layers.append(self.score.whole(score=True))
        data = {
            f"{key}{n}": value for n, layer in enumerate(layers) for key, value in layer.items()
        }
        return data | {"dilations": np.array([layer.dilation for layer in hidden] + [1])}
