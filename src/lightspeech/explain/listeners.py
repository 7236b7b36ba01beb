"""Who is asked about edited recordings: opened bundles, or the trained runs of a fold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from lightspeech.audio.pitch import SAMPLE_RATE
from lightspeech.audio.resampling import resampled
from lightspeech.audio.windows import Waveform
from lightspeech.corpora.base import Utterance
from lightspeech.inference.predictor import Predictor
from lightspeech.inference.recognize import recognize
from lightspeech.metrics import Floats


@dataclass(frozen=True, eq=False)
class Sound:
    """A recording in several versions.

    Attributes:
        utterance: the recording.
        versions: each of shape ``(samples,)``, at `pitch.SAMPLE_RATE`.
        folder: empty, for files and features of this recording alone.
    """

    utterance: Utterance
    versions: Sequence[Waveform]
    folder: Path

    @cached_property
    def utterances(self) -> list[Utterance]:
        """The versions as recordings on disk, for front ends that read files."""
        return [self._written(n, waveform) for n, waveform in enumerate(self.versions)]

    def _written(self, number: int, waveform: Waveform) -> Utterance:
        path = self.folder / f"{number}.wav"
        soundfile.write(path, waveform, SAMPLE_RATE, subtype="FLOAT")
        return replace(
            self.utterance,
            id=f"{self.utterance.id}#{number}",
            path=path,
            sample_rate=SAMPLE_RATE,
            duration_s=len(waveform) / SAMPLE_RATE,
            audio_hash=sha256(waveform.tobytes()).hexdigest(),
        )


class Listener(Protocol):
    """Somebody who can be asked."""

    def answer(self, sound: Sound) -> Floats:
        """Answer each version of a recording.

        Args:
            sound: the versions.

        Returns:
            Probabilities, shape ``(seeds, versions, n_classes)``.

        Raises:
            LightspeechError: if it cannot.
        """


@dataclass(frozen=True)
class OfBundle:
    """An opened bundle, through the code that answers on a device.

    Attributes:
        predictor: its back end.
    """

    predictor: Predictor

    def answer(self, sound: Sound) -> Floats:
        """Answer each version of a ``sound``: shape ``(1, versions, n_classes)``."""
        return ask(self.predictor, sound.versions)[None]


def ask(predictor: Predictor, waveforms: Sequence[Waveform]) -> Floats:
    """Ask an open bundle about utterances.

    Args:
        predictor: the bundle.
        waveforms: each of shape ``(samples,)``, at `pitch.SAMPLE_RATE`.

    Returns:
        Probabilities, shape ``(n, n_classes)``.

    Raises:
        BundleError: if the model gives none.
    """
    rate = predictor.bundle.sample_rate
    rows = [
        recognize(predictor, np.concatenate([*resampled([waveform], SAMPLE_RATE, rate)]))
        for waveform in waveforms
    ]
    return np.stack(rows).astype(np.float64)
