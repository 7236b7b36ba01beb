"""The stream form of ``nano``, with as many parameters: without padding, every frame once."""

from lightspeech.config import config
from lightspeech.models import nano
from lightspeech.models.separable import FRONTEND as FRONTEND
from lightspeech.models.separable import WINDOWS as WINDOWS
from lightspeech.models.separable import build as build


@config
class Config(nano.Config):
    """Width and depth of the tier, whose convolutions hear only what was said."""

    padded: bool = False
