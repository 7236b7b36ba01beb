"""The ``small`` tier of the own family: six networks as wide as ``micro``, < 300,000 parameters.

One network of as many parameters knows its training speakers by heart and new ones hardly better
than ``micro`` does; six narrow ones err apart (docs/experiments.md).
"""

from itertools import pairwise
from typing import Annotated

from pydantic import Field
from torch import nn

from lightspeech.config import config
from lightspeech.frontends.contract import Frontend
from lightspeech.models._ensemble import Ensemble
from lightspeech.models.separable import FRONTEND as FRONTEND
from lightspeech.models.separable import WINDOWS as WINDOWS
from lightspeech.models.separable import (
    Channels,
    Separable,
    SeparableConfig,
    check_weights,
    n_bands,
)


@config
class Config(SeparableConfig):
    """Width and depth of each member."""

    channels: Channels = (80, 80, 80, 80, 96)
    members: Annotated[int, Field(ge=1, le=16)] = 6
    """Networks side by side; 1: no ensemble."""

    def __post_init__(self) -> None:
        """Refuse what a member may not be, and more weights in all than any of us needs."""
        SeparableConfig.__post_init__(self)
        check_weights(self.members * n_in * n_out for n_in, n_out in pairwise(self.channels))


def build(cfg: Config, *, frontend: Frontend, n_classes: int) -> nn.Module:
    """Build the ensemble; of one member, the network alone.

    Args:
        cfg: width, depth and number of the members.
        frontend: that the network is given.
        n_classes: logits.

    Raises:
        ConfigError: if the front end does not fit, see `separable.n_bands`.
    """
    bands = n_bands(cfg, frontend)
    if cfg.members == 1:
        return Separable(cfg, bands, n_classes)
    return Ensemble(cfg, cfg.members, bands, n_classes)
