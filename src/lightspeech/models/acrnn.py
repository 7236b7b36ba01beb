"""ACRNN (Chen, He, Yang & Zhang 2018, IEEE Signal Processing Letters 25(10)), 3-D by its name.

Log-mel bands with their first and second differences as three channels, convolutions over time and
bands, a bidirectional LSTM, attention over time; no convolution goes over three axes. For 4 classes
and 3 s: ``paper`` has 9,300,806 parameters and 14.1 GMAC, ``code`` (as it was published) 7,334,726
and 7.1, ``one`` convolution, 0.5 to 1.3 points of UAR below the paper's in the paper, 2,909,766 and
0.5. Differs: frames are neither padded nor pre-emphasized, and differences are of a window, not of
the whole utterance.
"""

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech import bounds
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.frontends.contract import Frontend
from lightspeech.models._bands import of_bands
from lightspeech.models.contract import Standardized

FRONTEND = MelConfig(n_fft=400, hop_length=160, n_mels=40, f_min=0.0, f_max=8000.0, mel_scale="htk")
WINDOWS = Windows(window_s=3.015, hop_s=1.0, over="max")
"""300 frames; of an utterance's segments each class counts where it is most probable."""

KERNEL = (5, 3)
"""Frames and bands that a convolution sees."""
LEAK = 0.01
"""Slope of the rectifiers below zero."""
REACH = 2
"""Frames on each side that a difference is a regression over."""

LINEAR, UNITS, HIDDEN = 768, 128, 64
"""Widths of a frame before the LSTM, of that in each direction, and of the embedding."""
DEEP = (128, 256, 256, 256, 256, 256)
SIZES: dict[str, tuple[tuple[int, ...], tuple[int, int]]] = {
    "paper": (DEEP, (2, 2)),
    "code": (DEEP, (2, 4)),
    "one": ((128,), (2, 2)),
}
"""Channels of the convolutions; frames and bands that are one after the first of them."""


@config
class Config:
    """One of the published sizes."""

    size: Literal["paper", "code", "one"] = "one"
    dropout: bounds.Dropout = 0.0
    """Behind the convolutions and before the classes; the published code keeps everything."""

    @property
    def shortest(self) -> int:
        """Frames that it must be given: as many as are pooled."""
        return SIZES[self.size][1][0]


class Differences(nn.Module):
    """Slopes over time: a regression over five frames, the ends repeated.

    Attributes:
        weights: of the frames, shape ``(2 * REACH + 1,)``.
    """

    weights: Tensor

    def __init__(self) -> None:
        """Make the weights of the regression."""
        super().__init__()
        places = torch.arange(-REACH, REACH + 1.0)
        self.register_buffer("weights", places / places.square().sum(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the slope of each feature.

        Args:
            x: shape ``(batch, frames, n_features)``.

        Returns:
            The same shape.
        """
        n = x.shape[1]
        padded = torch.cat([x[:, :1]] * REACH + [x] + [x[:, -1:]] * REACH, 1)
        parts = [padded[:, i : i + n] * w for i, w in enumerate(self.weights)]
        return torch.stack(parts).sum(0)


class Acrnn(Standardized, nn.Module):
    """Convolutions, bidirectional LSTM, attention; any number of frames."""

    def __init__(self, cfg: Config, n_features: int, n_classes: int) -> None:
        """Build the published layers.

        Args:
            cfg: its size.
            n_features: bands a frame.
            n_classes: logits.
        """
        super().__init__()
        channels, self.pool = SIZES[cfg.size]
        self.dropout = nn.Dropout(cfg.dropout)
        self.norm = nn.BatchNorm1d(n_features, affine=False)
        self.differences = Differences()
        self.slopes_norm = nn.BatchNorm1d(2 * n_features, affine=False)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(n_in, n_out, KERNEL, padding="same")
            for n_in, n_out in pairwise((3, *channels))
        )
        n_bands = n_features // self.pool[1]
        self.linear = nn.Linear(channels[-1] * n_bands, LINEAR)
        self.linear_norm = nn.BatchNorm1d(LINEAR, eps=1e-3)
        self.lstm = nn.LSTM(LINEAR, UNITS, batch_first=True, bidirectional=True)
        for name in ("bias_hh_l0", "bias_hh_l0_reverse"):  # one bias a gate, as published
            bias = nn.Parameter(torch.zeros(4 * UNITS), requires_grad=False)
            setattr(self.lstm, name, bias)
        self.attention = nn.Sequential(
            nn.Linear(2 * UNITS, 1), nn.Sigmoid(), nn.Linear(1, 1, bias=False)
        )
        self.hidden = nn.Linear(2 * UNITS, HIDDEN)
        self.head = nn.Sequential(nn.Dropout(cfg.dropout), nn.Linear(HIDDEN, n_classes))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits, see `SpeechModel.classify`.

        Args:
            standardized: shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        x = self.channels(standardized).contiguous(memory_format=torch.channels_last)
        for number, convolution in enumerate(self.convolutions):
            x = convolution(x)
            if number == 0:  # before the rectifier, which changes no order: a quarter of its work
                x = F.max_pool2d(x, self.pool)
            x = self.dropout(F.leaky_relu(x, LEAK))
        x = self.linear(x.transpose(1, 2).flatten(2))  # (B, T', linear)
        x = F.leaky_relu(self.linear_norm(x.flatten(0, 1)), LEAK).view_as(x)
        x, _ = self.lstm(x)
        weights = self.attention(x).softmax(1)
        logits: Tensor = self.head(F.leaky_relu(self.hidden((weights * x).sum(1)), LEAK))
        return logits

    def channels(self, standardized: Tensor) -> Tensor:
        """Put bands and their differences side by side.

        Args:
            standardized: shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, 3, frames, n_features)``.
        """
        first = self.differences(standardized)
        slopes = torch.cat([first, self.differences(first)], 2).transpose(1, 2)
        slopes = self.slopes_norm(slopes).transpose(1, 2)
        return torch.stack([standardized, *slopes.chunk(2, 2)], 1)


def build(cfg: Config, *, frontend: Frontend, n_classes: int) -> nn.Module:
    """Build the network.

    Args:
        cfg: its size.
        frontend: of one tensor, bands a frame.
        n_classes: logits.

    Raises:
        ConfigError: if the front end gives no bands, or pooling leaves no frame or band of a
            window.
    """
    example, pool = of_bands(frontend), SIZES[cfg.size][1]
    if example.shape[1] < pool[0] or example.shape[2] < pool[1]:
        raise ConfigError(
            f"acrnn pools {pool} and has but {tuple(example.shape[1:])} frames and bands; lengthen "
            "windows.window_s, or take more frontend.n_mels"
        )
    return Acrnn(cfg, frontend.n_features, n_classes)
