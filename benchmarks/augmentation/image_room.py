"""A room with flat walls, by images of the source (Allen and Berkley 1979, JASA 65, 943).

A wall reflects as a mirror does: what comes back from it comes from an image of the source behind
it, and images have images. Each arrives after its distance, weaker by it and by each wall met.
"""

import numpy as np
import numpy.typing as npt
from benchmarks.robustness.codecs import Waveform
from scipy import signal

from lightspeech.frontends.bends._sounds import filtered

Double = npt.NDArray[np.float64]
SOUND_M_S = 343.0
SIZES_M = ((3.0, 10.0), (3.0, 8.0), (2.4, 4.0))
"""Least and most length, width and height."""
FROM_WALLS_M = 0.5
ABSORPTION = (0.1, 0.8)
"""Share of the energy that a wall keeps."""
LENGTH_S = 0.5
LOWEST_HZ = 50.0
"""All images push in the same direction: without a filter 0 Hz would be loudest by far."""


def response(
    size: Double, source: Double, microphone: Double, absorption: Double, sample_rate: int
) -> Double:
    """Give what a microphone hears of one click.

    Args:
        size: of the room, m, shape ``(3,)``.
        source: where it is in the room, m, shape ``(3,)``.
        microphone: likewise.
        absorption: share of the energy that each wall keeps, the one at 0 first, shape ``(3, 2)``.
        sample_rate: of the response, Hz.

    Returns:
        Amplitudes, 1 at one metre, to the nearest sample, shape ``(LENGTH_S * sample_rate,)``.
    """
    squares, gains = zip(*map(_axis, size, source, microphone, absorption), strict=True)
    x, y, z = np.ix_(*squares)
    distance = np.sqrt(x + y + z).ravel()
    x, y, z = np.ix_(*gains)
    gain = (x * y * z).ravel() / np.maximum(distance, 1e-3)
    place = np.rint(distance / SOUND_M_S * sample_rate).astype(np.int64)
    early = place < round(LENGTH_S * sample_rate)
    heard = np.bincount(place[early], gain[early], round(LENGTH_S * sample_rate))
    return np.asarray(heard, np.float64)


def _axis(
    size: float, source: float, microphone: float, absorption: Double
) -> tuple[Double, Double]:
    """Square distances along one axis of all images, and what both walls leave of each."""
    furthest = int(np.ceil(LENGTH_S * SOUND_M_S / (2 * size)))
    n, mirrored = np.meshgrid(np.arange(-furthest, furthest + 1), [0, 1])
    near, far = np.sqrt(1 - absorption)
    distance = (1 - 2 * mirrored) * source + 2 * n * size - microphone
    gain = near ** np.abs(n - mirrored) * far ** np.abs(n)
    return (distance**2).ravel(), gain.ravel()


def heard(waveform: Waveform, sample_rate: int, rng: np.random.Generator) -> Double:
    """Put a voice into a room that is drawn, itself and the microphone anywhere in it.

    Args:
        waveform: the voice, shape ``(samples,)``.
        sample_rate: of it, Hz.
        rng: the numbers that are drawn for it.

    Returns:
        As loud as it arrives, shape ``(samples,)``.
    """
    size = np.array([rng.uniform(*metres) for metres in SIZES_M])
    source, microphone = rng.uniform(FROM_WALLS_M, size - FROM_WALLS_M, (2, 3))
    room = response(size, source, microphone, rng.uniform(*ABSORPTION, (3, 2)), sample_rate)
    arrived = signal.fftconvolve(waveform, room)[: len(waveform)]
    return filtered(arrived, sample_rate, lambda hertz: hertz / np.hypot(hertz, LOWEST_HZ))
