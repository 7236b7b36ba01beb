"""``small`` to which gain is no cue, with as many parameters: bands relative to the loudest."""

from lightspeech.models.separable import WITHOUT_GAIN as FRONTEND
from lightspeech.models.small import WINDOWS as WINDOWS
from lightspeech.models.small import Config as Config
from lightspeech.models.small import build as build

__all__ = ["FRONTEND", "WINDOWS", "Config", "build"]
