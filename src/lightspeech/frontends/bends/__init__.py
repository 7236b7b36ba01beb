"""What recordings are made into before a network learns from them, as plug-ins, one module each.

``bend(waveform, sample_rate, rng) -> waveform``: shape ``(samples,)`` both, float32, −1 to 1;
``rng`` is the recording's own, so that it is bent in the same way wherever it stands. Where
`lightspeech.frontends.augment` bends bands anew for each example, these are heard once and kept.
"""

import hashlib

import numpy as np

CONTRACT = ("bend",)
"""What a module binds that is a plug-in of this package."""
PACKAGE = __name__


def generator(recording: str, name: str) -> np.random.Generator:
    """Give the numbers by which a recording is bent.

    Args:
        recording: its id.
        name: of the bend.
    """
    digest = hashlib.sha256(f"{name}/{recording}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
