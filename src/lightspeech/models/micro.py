"""The ``micro`` tier of the own family: fewer than 50,000 parameters."""

from torch import nn

from lightspeech.config import config
from lightspeech.models._separable import FRONTEND as FRONTEND
from lightspeech.models._separable import WINDOWS as WINDOWS
from lightspeech.models._separable import Separable


@config
class Config:
    """Width and depth of the tier."""

    channels: tuple[int, ...] = (80, 80, 80, 80, 96)
    """Of the stem, then of each block."""
    kernel: int = 7
    stem_kernel: int = 3
    dropout: float = 0.2


def build(cfg: Config, *, n_features: int, n_classes: int) -> nn.Module:
    """Build the network."""
    return Separable(
        n_features,
        n_classes,
        channels=cfg.channels,
        kernel=cfg.kernel,
        stem_kernel=cfg.stem_kernel,
        dropout=cfg.dropout,
    )
