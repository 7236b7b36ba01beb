"""A voice: what a speaker's own unlabelled speech tells of him, for a model that knows its speaker.

Mean and deviation of every feature over all frames of some recordings. They hold the speaker, his
microphone and his room; a model trained on features without them need not know any of the three.
"""

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field

from lightspeech.audio import frontend
from lightspeech.audio.frontend import Array, MelConfig
from lightspeech.audio.windows import Waveform
from lightspeech.config import config
from lightspeech.errors import AudioError

SMALLEST = 1e-3
"""Of a deviation: a feature that never moves is left where it is."""


def _finite(numbers: tuple[float, ...]) -> tuple[float, ...]:
    if not np.isfinite(numbers).all():
        raise ValueError("expected finite numbers")
    return numbers


Numbers = Annotated[tuple[float, ...], AfterValidator(_finite)]
Deviations = Annotated[tuple[Annotated[float, Field(ge=SMALLEST)], ...], AfterValidator(_finite)]


@config
class Voice:
    """Statistics of one speaker's features; numbers that are not finite are refused."""

    mean: Numbers
    """Of each feature, shape ``(n_features,)``."""
    deviation: Deviations
    """Of each feature, `SMALLEST` or more, shape ``(n_features,)``."""
    seconds: float
    """Of speech that they were measured on."""

    def standardize(self, features: Array) -> Array:
        """Take the voice out of ``features``, shape ``(frames, n_features)``; keeps the shape."""
        mean, deviation = self.before(np.zeros(1, np.float32), np.ones(1, np.float32))
        return np.asarray((features - mean) / deviation, np.float32)

    def before(self, mean: Array, deviation: Array) -> tuple[Array, Array]:
        """Make one standardization of this and the one that follows it.

        Args:
            mean: what the following one subtracts, shape ``(n_features,)`` or ``(1,)``.
            deviation: what it divides by, same shape.

        Returns:
            Mean and deviation of both in one, each of shape ``(n_features,)``.
        """
        scale = np.array(self.deviation, np.float32)
        return np.array(self.mean, np.float32) + scale * mean, scale * deviation


def measure(waveforms: Iterable[Waveform], cfg: MelConfig) -> Voice:
    """Measure a speaker's voice, recording by recording, in flat memory.

    Args:
        waveforms: his recordings, shape ``(samples,)`` each, −1 to 1, at ``cfg.sample_rate``.
        cfg: the front end.

    Raises:
        AudioError: if there is no recording.
    """
    total, squares = np.zeros((2, cfg.n_features))
    n_frames = n_samples = 0
    for waveform in waveforms:
        features = frontend.features(waveform, cfg).astype(np.float64)
        total, squares = total + features.sum(0), squares + (features**2).sum(0)
        n_frames, n_samples = n_frames + len(features), n_samples + len(waveform)
    if not n_frames:
        raise AudioError("no recording of the speaker; name some seconds of his speech")
    mean = total / n_frames
    deviation = np.sqrt(np.maximum(squares / n_frames - mean**2, 0)).clip(SMALLEST)
    seconds = n_samples / cfg.sample_rate
    return Voice(
        mean=tuple(mean.tolist()), deviation=tuple(deviation.tolist()), seconds=round(seconds, 3)
    )
