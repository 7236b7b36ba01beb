"""``small`` to which gain is no cue: its bands are relative to the loudest of a window."""

from lightspeech.models.separable import WITHOUT_GAIN as FRONTEND
from lightspeech.models.small import WINDOWS as WINDOWS
from lightspeech.models.small import Config as Config
from lightspeech.models.small import build as build

__all__ = ["FRONTEND", "WINDOWS", "Config", "build"]
