"""The ``small`` tier of the own family: fewer than 300,000 parameters."""

from typing import Annotated

from pydantic import Field
from torch import nn

from lightspeech.config import config
from lightspeech.models._ensemble import Ensemble
from lightspeech.models._separable import FRONTEND as FRONTEND
from lightspeech.models._separable import WINDOWS as WINDOWS
from lightspeech.models._separable import Separable, SeparableConfig
from lightspeech.models._separable import narrowed as narrowed


@config
class Config(SeparableConfig):
    """Width and depth of each member."""

    channels: tuple[int, ...] = (192, 192, 192, 192, 224)
    members: Annotated[int, Field(ge=1)] = 1
    """Networks side by side; 1: no ensemble."""


def build(cfg: Config, *, n_features: int, n_classes: int) -> nn.Module:
    """Build the ensemble."""
    if cfg.members == 1:
        return Separable(cfg, n_features, n_classes)
    return Ensemble(cfg, cfg.members, n_features, n_classes)
