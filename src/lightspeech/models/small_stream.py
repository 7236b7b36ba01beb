"""The stream form of ``small``, with as many parameters: without padding, every frame once."""

from lightspeech.config import config
from lightspeech.models import small
from lightspeech.models.small import FRONTEND as FRONTEND
from lightspeech.models.small import WINDOWS as WINDOWS
from lightspeech.models.small import build as build


@config
class Config(small.Config):
    """Width, depth and number of the members, whose convolutions hear only what was said."""

    padded: bool = False
