"""The own family: separable convolutions along time over mel bands, two statistics, one matrix.

Only operations that ONNX, LiteRT, TFLite Micro and plain C all have: convolution, depthwise
convolution, ReLU, addition, mean and maximum over time, matrix product; batch norms fold into the
convolutions. Time is the height of a picture one wide, channels last, which torch computes four
times as fast on a CPU as one-dimensional convolutions.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated

import torch
from pydantic import Field
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

Channels = Annotated[tuple[bounds.Channels, ...], Field(min_length=2, max_length=33)]

FRONTEND = MelConfig()
WITHOUT_GAIN = MelConfig(level="loudest", floor=1.0e-18)
"""Of the forms that take no gain for a cue: the floor is below what any converter gives."""
WINDOWS = Windows()


@config
class SeparableConfig:
    """Width and depth; each tier of the family states its own."""

    channels: Channels
    """Of the stem, then of each block."""
    kernel: bounds.Kernel = 7
    """Frames that a depthwise convolution sees, odd."""
    stem_kernel: bounds.Kernel = 3
    """Frames that the stem sees, odd; it halves the frame rate."""
    padded: bool = True
    """Zeros stand before and behind what each convolution hears. Without, an answer hears only what
    was said, so that a stream computes every frame once; a window's ends are heard less."""
    dropout: bounds.Dropout = 0.2
    """Share of the pooled statistics dropped in training."""

    def __post_init__(self) -> None:
        """Refuse what has no centre, or no block, or more weights than any of us needs."""
        if self.kernel % 2 == 0 or self.stem_kernel % 2 == 0 or len(self.channels) < 2:
            raise ConfigError(
                f"kernels must be odd and channels at least two, found {self.kernel}, "
                f"{self.stem_kernel}, {self.channels}"
            )
        check_weights(n_in * n_out for n_in, n_out in pairwise(self.channels))

    @property
    def blocks(self) -> list[tuple[int, int, bool]]:
        """Of each block: channels in, channels out, whether it is residual: keeps the width."""
        return [(n_in, n_out, n_in == n_out) for n_in, n_out in pairwise(self.channels)]

    @property
    def shortest(self) -> int:
        """Frames that it must be given: without padding those that the last block hears."""
        heard = self.stem_kernel + 2 * len(self.blocks) * (self.kernel - 1)
        return 1 if self.padded else heard


def check_weights(products: Iterable[int]) -> None:
    """Refuse width times depth that each alone would be allowed.

    Args:
        products: channels in times channels out, of each block.

    Raises:
        ConfigError: if their sum is above `bounds.MAX_WEIGHTS`.
    """
    if (n_weights := sum(products)) > bounds.MAX_WEIGHTS:
        raise ConfigError(
            f"channels ask for {n_weights:,} weights, allowed are {bounds.MAX_WEIGHTS:,}; make "
            "the network narrower or less deep"
        )


def build(cfg: SeparableConfig, *, frontend: Frontend, n_classes: int) -> nn.Module:
    """Build the network of a tier.

    Args:
        cfg: width and depth.
        frontend: that the network is given.
        n_classes: logits.

    Raises:
        ConfigError: if the front end does not fit, see `n_bands`.
    """
    return Separable(cfg, n_bands(cfg, frontend), n_classes)


def n_bands(cfg: SeparableConfig, frontend: Frontend) -> int:
    """Count the bands that a front end gives, which is refused where it does not fit.

    Args:
        cfg: of a network, or of the members of an ensemble.
        frontend: that it is given.

    Raises:
        ConfigError: if the front end gives no bands, or a window is shorter than what a network
            without padding hears.
    """
    _, frames, bands = of_bands(frontend).shape
    if frames < cfg.shortest:
        raise ConfigError(
            f"a window of {frames} frames is shorter than the {cfg.shortest} that a network "
            "without padding hears; lengthen windows.window_s, or take the padded form"
        )
    return bands


class Trunk(nn.Module):
    """Stem, residual blocks, mean and maximum over time."""

    def __init__(self, cfg: SeparableConfig, n_features: int) -> None:
        """Build the layers; the mel bands are the channels of the input.

        Args:
            cfg: width and depth.
            n_features: numbers a frame.
        """
        super().__init__()
        self.stem = _convolution(
            n_features, cfg.channels[0], cfg.stem_kernel, stride=2, padded=cfg.padded
        )
        blocks = (Block(*block, cfg.kernel, padded=cfg.padded) for block in cfg.blocks)
        self.blocks = nn.Sequential(*blocks)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def statistics(self, standardized: Tensor) -> Tensor:
        """Compute what a head reads: mean, then maximum of each channel over time.

        Args:
            standardized: shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, 2 * width)``, of the width of the last block.
        """
        x = standardized[:, :, None].permute(0, 3, 1, 2)  # (B, F, T, 1), channels last in memory
        x = self.blocks(self.stem(x).relu())
        x = x.permute(0, 2, 3, 1)  # (B, T / 2, 1, C): as LiteRT has it, so no copy there
        return torch.cat([x.mean((1, 2)), x.amax((1, 2))], dim=1)


class Separable(Standardized, Trunk):
    """A trunk and a linear head."""

    def __init__(self, cfg: SeparableConfig, n_features: int, n_classes: int) -> None:
        """Build the layers.

        Args:
            cfg: width and depth.
            n_features: numbers a frame.
            n_classes: logits.
        """
        super().__init__(cfg, n_features)
        # Global statistics of the training speakers: level stays a cue, as no clip is normalized.
        self.norm = nn.BatchNorm1d(n_features, affine=False)
        width = cfg.channels[-1]
        self.head = nn.Sequential(nn.Dropout(cfg.dropout), nn.Linear(2 * width, n_classes))

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits, see `SpeechModel.classify`.

        Args:
            standardized: shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        logits: Tensor = self.head(self.statistics(standardized))
        return logits


class Lying(nn.Conv2d):
    """A convolution along time that is computed with time as the width.

    A strided one takes torch a third of the time so, with the same bits. What is exported has time
    as the height, as all else of the network, for which that is the faster way.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Convolve along time.

        Args:
            x: shape ``(batch, n_in, frames, 1)``.

        Returns:
            Shape ``(batch, n_out, fewer frames, 1)``.
        """
        if torch.compiler.is_exporting():
            return super().forward(x)
        x, weight = (t.flatten(2)[:, :, None] for t in (x, self.weight))
        assert isinstance(self.padding, tuple)
        y = F.conv2d(x, weight, self.bias, self.stride[::-1], self.padding[::-1])
        return y[:, :, 0].transpose(1, 2)[:, :, None].permute(0, 3, 1, 2)  # channels last in memory


class Block(nn.Module):
    """Depthwise then pointwise convolution, with or without a residual."""

    def __init__(self, n_in: int, n_out: int, residual: bool, kernel: int, *, padded: bool) -> None:
        """Build the layers.

        Args:
            n_in: channels in.
            n_out: channels out.
            residual: whether the input is added to the result; then ``n_in`` is ``n_out``.
            kernel: frames that the depthwise convolution sees, odd.
            padded: whether there are as many frames after it as before, or only those that it saw
                whole.
        """
        super().__init__()
        self.depthwise = _convolution(n_in, n_in, kernel, groups=n_in, padded=padded)
        self.pointwise = _convolution(n_in, n_out, 1)
        self.residual = residual
        self.lost = 0 if padded else kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        """Convolve along time.

        Args:
            x: shape ``(batch, n_in, frames, 1)``.

        Returns:
            Shape ``(batch, n_out, frames, 1)``, or with fewer frames.
        """
        y: Tensor = self.pointwise(self.depthwise(x).relu())
        if self.lost:
            x = x[:, :, self.lost : x.shape[2] - self.lost]
        return (x + y if self.residual else y).relu()


def _convolution(
    n_in: int,
    n_out: int,
    kernel: int,
    *,
    stride: int = 1,
    groups: int = 1,
    padded: bool = True,
) -> nn.Sequential:
    padding = (kernel // 2 if padded else 0, 0)
    kind = nn.Conv2d if stride == 1 else Lying
    return nn.Sequential(
        kind(n_in, n_out, (kernel, 1), (stride, 1), padding, groups=groups, bias=False),
        nn.BatchNorm2d(n_out),
    )
