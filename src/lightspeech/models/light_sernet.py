"""Light-SERNet (Aftab et al. 2022, arXiv 2110.03435, fig. 1): three receptive fields, a stack.

462,468 parameters for 4 classes, 463,431 for 7 (batch-norm statistics counted, as Keras counts
them); about 159 MMAC for 3 s of MFCC. Loudness is discarded, as published: each window is divided
by its 99.9th percentile. Differs: in training the percentile is that of the whole utterance; the L2
penalty, which the recipes give as weight decay of Adam, is on all weights, not on body II alone.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from lightspeech import bounds
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.bounds import Channels
from lightspeech.config import config
from lightspeech.frontends.contract import Frontend
from lightspeech.models._bands import of_bands
from lightspeech.models.contract import Unstandardized
from lightspeech.models.separable import check_weights

FRONTEND = MelConfig(
    level="percentile",
    n_fft=1024,
    hop_length=256,
    n_mels=128,
    f_min=80.0,
    f_max=7600.0,
    mel_scale="htk",
    power=1,
    kind="mfcc",
    n_mfcc=40,
    clip=10.0,
)
"""``kind: log_mel`` and ``kind: spectrogram`` are the paper's two other inputs."""

WINDOWS = Windows(window_s=3.0, hop_s=None)
"""One central window; the paper's other length is 7 s."""


@config
class Config:
    """As published."""

    dropout: bounds.Dropout = 0.3
    paths: tuple[Channels, Channels, Channels] = (32, 32, 32)
    """Channels of the parallel convolutions; pruning narrows them."""
    body: tuple[Channels, Channels, Channels, Channels, Channels] = (64, 96, 128, 160, 320)
    """Channels of the stack."""

    def __post_init__(self) -> None:
        """Refuse more weights in all than any network of ours needs."""
        stack = (sum(self.paths), *self.body)
        check_weights(9 * n_in * n_out for n_in, n_out in pairwise(stack))  # 3 x 3 at most


class _Conv(nn.Sequential):
    """Convolution, batch norm, ReLU, average pooling that keeps a last odd row."""

    def __init__(
        self, n_in: int, n_out: int, kernel: tuple[int, int], pool: tuple[int, int], *, bias: bool
    ) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(n_in, n_out, kernel, padding="same", bias=bias),
            nn.BatchNorm2d(n_out, eps=1e-3, momentum=0.01),
            nn.ReLU(),
        ]
        if pool != (1, 1):
            layers.append(nn.AvgPool2d(pool, ceil_mode=True))
        super().__init__(*layers)


class LightSerNet(Unstandardized, nn.Module):
    """Body I: parallel convolutions along time, along frequency, and both; body II: a stack.

    The published network standardizes nothing.
    """

    def __init__(self, cfg: Config, n_classes: int) -> None:
        """Build the published layers.

        Args:
            cfg: widths and dropout.
            n_classes: logits.
        """
        super().__init__()
        kernels = ((11, 1), (1, 9), (3, 3))
        self.paths = nn.ModuleList(
            _Conv(1, width, kernel, (2, 2), bias=True)
            for width, kernel in zip(cfg.paths, kernels, strict=True)
        )
        widths = (sum(cfg.paths), *cfg.body)
        sizes = ((3, (2, 2)), (3, (2, 2)), (3, (2, 1)), (3, (2, 1)), (1, (1, 1)))
        self.body = nn.Sequential(
            *(
                _Conv(n_in, n_out, (kernel, kernel), pool, bias=False)
                for (n_in, n_out), (kernel, pool) in zip(pairwise(widths), sizes, strict=True)
            )
        )
        self.head = nn.Sequential(nn.Dropout(cfg.dropout), nn.Linear(cfg.body[-1], n_classes))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits, see `SpeechModel.classify`.

        Args:
            standardized: shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        x = standardized[:, None].contiguous(memory_format=torch.channels_last)  # (B, 1, T, F)
        x = torch.cat([path(x) for path in self.paths], dim=1)  # (B, 96, T / 2, F / 2)
        logits: Tensor = self.head(self.body(x).mean((2, 3)))
        return logits


def build(cfg: Config, *, frontend: Frontend, n_classes: int) -> nn.Module:
    """Build the network.

    Args:
        cfg: widths and dropout.
        frontend: any of one tensor; the network takes any number of features and frames.
        n_classes: logits.

    Raises:
        ConfigError: if the front end gives no bands.
    """
    of_bands(frontend)
    return LightSerNet(cfg, n_classes)
