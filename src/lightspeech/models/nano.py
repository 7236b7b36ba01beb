"""The ``nano`` tier of the own family: fewer than 16,000 parameters."""

from lightspeech.config import config
from lightspeech.models.separable import FRONTEND as FRONTEND
from lightspeech.models.separable import WINDOWS as WINDOWS
from lightspeech.models.separable import Channels, SeparableConfig
from lightspeech.models.separable import build as build


@config
class Config(SeparableConfig):
    """Width and depth of the tier."""

    channels: Channels = (40, 40, 40, 48)
