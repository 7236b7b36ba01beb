"""Makes a bundle that must know its speaker one that knows its user, by some seconds of his speech.

Nothing is trained and no label is read: the mean and deviation of his features are written into the
bundle, and where the bundle is C, into the standardization at the end of its front end.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lightspeech import bundle as bundles
from lightspeech.audio import io, voice
from lightspeech.audio.voice import Voice
from lightspeech.bundle import Bundle
from lightspeech.errors import ConfigError
from lightspeech.export import c99
from lightspeech.inference import dispatch


def hear(bundle: Bundle, recordings: Sequence[Path]) -> Voice:
    """Measure the voice of whoever speaks in some recordings, as a bundle hears it.

    Args:
        bundle: the bundle.
        recordings: of one speaker, of any emotions, best as he mostly speaks.

    Raises:
        AudioError: if there is none, or one cannot be decoded.
        ConfigError: if the bundle hears strangers.
    """
    if not bundle.knows_speaker:
        raise ConfigError(
            f"{bundle.name} hears strangers, there is nothing to calibrate; train with "
            "normalisation=speaker for a model that knows its speaker"
        )
    waveforms = (io.load(path, bundle.sample_rate) for path in recordings)
    return voice.measure(waveforms, bundle.mel)


def calibrate(bundle: Bundle, recordings: Sequence[Path], to: Path) -> Bundle:
    """Write the bundle of one user.

    Args:
        bundle: a bundle that must know its speaker, calibrated for somebody or not.
        recordings: his, see `hear`.
        to: folder of the new bundle.

    Raises:
        AudioError: as of `hear`.
        ConfigError: as of `hear`.
        OutputError: if the folder cannot be written.
    """
    calibrated = replace(bundle, path=to, voice=hear(bundle, recordings))
    model = (bundle.path / bundle.model_file).read_bytes()
    is_c = dispatch.back_end(bundle) == "c99"
    return bundles.write(calibrated, model, beside=c99.files_of(calibrated, model) if is_c else {})
