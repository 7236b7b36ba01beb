"""The ``base`` tier: the head of the teacher on two small blocks of whisper-tiny.en, all in 4 MB.

Less than 4 M parameters, int8, in an encoder that `lightspeech shrink` makes, and 81,000 in the
head, which is trained on what the int8 encoder says; blocks left in floats are trained with it
(``frontend.tuned``). Differs from ``whisper``: a bundle holds it, so it is measured in windows and
in int8, as a device hears speech.
"""

from lightspeech.frontends import small_encoder
from lightspeech.models.whisper import WINDOWS as WINDOWS
from lightspeech.models.whisper import Config as Config
from lightspeech.models.whisper import build as build

FRONTEND = small_encoder.Config()
