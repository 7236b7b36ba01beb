"""The ``small`` tier of the own family: six networks as wide as ``micro``, < 300,000 parameters.

One network of as many parameters knows its training speakers by heart and new ones hardly better
than ``micro`` does; six narrow ones err apart (docs/experiments.md).
"""

from pydantic import PositiveInt

from lightspeech.config import config
from lightspeech.models._ensemble import build as build
from lightspeech.models._separable import FRONTEND as FRONTEND
from lightspeech.models._separable import WINDOWS as WINDOWS
from lightspeech.models._separable import SeparableConfig


@config
class Config(SeparableConfig):
    """Width and depth of each member."""

    channels: tuple[int, ...] = (80, 80, 80, 80, 96)
    members: PositiveInt = 6
