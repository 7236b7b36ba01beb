"""What recordings are made into before a network learns from them, as plug-ins, one module each.

``bend(waveform, sample_rate, rng) -> waveform``: shape ``(samples,)``, float32, −1 to 1; what it
gives is as long or shorter, and may overshoot by half. ``rng`` is the recording's own, so that it
is bent in the same way in every study: by its id where bands are kept, by its sound where hidden
states are. Where `lightspeech.frontends.band_augment` bends bands anew for each example, these are
heard once and kept.
"""

import hashlib
from functools import cache

import numpy as np
import numpy.typing as npt

from lightspeech import plugins

CONTRACT = ("bend",)
"""What a module binds that is a plug-in of this package."""
PACKAGE = __name__


@cache
def version(name: str) -> str:
    """Name what a bend does now, so that what an earlier form of it made is not taken for it.

    Args:
        name: of the bend.

    Returns:
        Its name, and a hash of what it makes of a second of noise, to four digits.
    """
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 16_000).astype(np.float32)
    rounded = np.round(bent(noise, 16_000, recording="noise", name=name), 4) + 0.0  # no -0
    return f"{name}-{hashlib.sha256(rounded.astype('<f4').tobytes()).hexdigest()[:8]}"


def generator(recording: str, name: str) -> np.random.Generator:
    """Give the numbers by which a recording is bent.

    Args:
        recording: its id, or the hash of its sound.
        name: of the bend.
    """
    digest = hashlib.sha256(f"{name}/{recording}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def bent(
    waveform: npt.NDArray[np.float32], sample_rate: int, *, recording: str, name: str
) -> npt.NDArray[np.float32]:
    """Bend a recording by its own numbers.

    Args:
        waveform: of the recording, shape ``(samples,)``.
        sample_rate: of it, Hz.
        recording: as of `generator`.
        name: of the bend.

    Returns:
        The recording bent, shape ``(samples,)``.
    """
    module = plugins.load(PACKAGE, name)
    made: npt.NDArray[np.float32] = module.bend(waveform, sample_rate, generator(recording, name))
    return made
