"""``micro`` to which gain is no cue, with as many parameters: bands relative to the loudest."""

from lightspeech.models.micro import WINDOWS as WINDOWS
from lightspeech.models.micro import Config as Config
from lightspeech.models.micro import build as build
from lightspeech.models.separable import WITHOUT_GAIN as FRONTEND

__all__ = ["FRONTEND", "WINDOWS", "Config", "build"]
