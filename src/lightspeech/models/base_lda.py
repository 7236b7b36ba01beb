"""``base`` with linear discriminants beside its head, as ``whisper_lda`` is to ``whisper``.

Less than 4.5 M parameters, int8 in the encoder. Taught by few corpora a head knows them by heart;
discriminants fitted in closed form do so less, and together they tell strangers better
(docs/experiments.md). Source: as of ``whisper_lda``; differs: a bundle holds the encoder.
"""

from lightspeech.frontends import small_encoder
from lightspeech.models.whisper_lda import WINDOWS as WINDOWS
from lightspeech.models.whisper_lda import Config as Config
from lightspeech.models.whisper_lda import build as build

FRONTEND = small_encoder.Config()
