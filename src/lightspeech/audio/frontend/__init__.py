"""The one feature definition: waveform to log-mel, MFCC or spectrogram.

The frozen config makes NumPy tables; the NumPy code here is the reference, and the torch layer, the
exported graphs and generated code read the same tables. Frames are neither centred nor padded, so
that a stream gives the very frames a file gives: frame t begins at sample ``t * hop_length``.
"""

from lightspeech.audio.frontend.mel_config import RANGE_DB, RELATIVE, MelConfig, log_range
from lightspeech.audio.frontend.reference import (
    LOUDEST_SHARE,
    SILENCE,
    energies,
    features,
    finish,
    leveled,
    log_bands,
)
from lightspeech.audio.frontend.tables import Array, centres, slopes, tables

__all__ = [
    "Array",
    "LOUDEST_SHARE",
    "MelConfig",
    "RANGE_DB",
    "RELATIVE",
    "SILENCE",
    "centres",
    "energies",
    "features",
    "finish",
    "leveled",
    "log_bands",
    "log_range",
    "slopes",
    "tables",
]
