"""Where in time and in which bands an answer lies: one place after the other made faint.

Occlusion asks any bundle through the waveform, so that the int8 file itself is explained. A map is
worth showing only if what it points at carries more of the answer than what is merely loud: it is
held against a map of energy and against chance, and says which of them it beats.
"""

from dataclasses import dataclass

import numpy as np

from lightspeech.audio.pitch import SAMPLE_RATE
from lightspeech.audio.windows import Waveform
from lightspeech.explain.listeners import ask
from lightspeech.inference.predictor import Predictor
from lightspeech.metrics import Floats

FRAME, HOP = 512, 128
PIECE_S = 0.25
"""Seconds of a place: about a syllable."""
EDGES_HZ = (0, 300, 600, 1000, 1600, 2500, 4000, 8000)
"""Bands of a place, about as wide to the ear."""
FAINTER = 0.01
"""What is left of a place: 40 dB less."""
DELETED = 0.2
"""Share of the places that are made faint at once to see whether a map is right."""
RANDOM = 10
"""Draws of chance."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Map:
    """A map of one answer.

    Attributes:
        values: how much of the answer's probability goes with each place, shape
            ``(pieces, bands)``; below 0 it speaks against the answer.
        drop: of the probability where the highest places go together, 0 to 1.
        energy_drop: where the loudest go.
        random_drop: where others go, the mean of some draws.
    """

    values: Floats
    drop: float
    energy_drop: float
    random_drop: float

    @property
    def beats_energy(self) -> bool:
        """Whether it tells more than where it is loud, and more than chance."""
        return self.drop > max(self.energy_drop, self.random_drop)


def occlude(predictor: Predictor, waveform: Waveform, label: int) -> Map:
    """Make a map of an answer.

    Args:
        predictor: an open bundle.
        waveform: shape ``(samples,)``, at `pitch.SAMPLE_RATE`, a place long or longer.
        label: class whose probability is mapped.

    Raises:
        BundleError: if the model gives no probabilities.
    """
    spectrum = _spectrum(waveform)
    places = _places(len(spectrum))

    def without(chosen: Floats) -> float:
        gain = np.where(chosen.astype(bool), FAINTER, 1.0)
        masked = _waveform(spectrum * gain[places[0]][:, places[1]], len(waveform))
        return float(ask(predictor, [masked])[0, label])

    shape = int(places[0].max()) + 1, len(EDGES_HZ) - 1
    whole = without(np.zeros(shape))
    values = np.zeros(shape)
    for place in np.ndindex(*shape):
        one = np.zeros(shape)
        one[place] = 1
        values[place] = whole - without(one)
    energy = np.zeros(shape)
    np.add.at(energy, (places[0][:, None], places[1][None]), np.abs(spectrum) ** 2)
    rng = np.random.default_rng(0)
    by_chance = [without(_highest(rng.random(shape))) for _ in range(RANDOM)]
    return Map(
        values=values,
        drop=whole - without(_highest(values)),
        energy_drop=whole - without(_highest(energy)),
        random_drop=whole - float(np.mean(by_chance)),
    )


def _highest(values: Floats) -> Floats:
    """Mark the `DELETED` share with the highest values, shape as given."""
    n = max(round(DELETED * values.size), 1)
    chosen = np.zeros(values.size)
    chosen[np.argsort(-values.ravel(), kind="stable")[:n]] = 1
    return chosen.reshape(values.shape)


def _places(n_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """The piece of each frame and the band of each bin."""
    piece = (np.arange(n_frames) * HOP / SAMPLE_RATE / PIECE_S).astype(int)
    hertz = np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE)
    band = np.searchsorted(EDGES_HZ, hertz, side="right").clip(1, len(EDGES_HZ) - 1) - 1
    return piece, band


def _window() -> Floats:
    return np.sqrt(np.hanning(FRAME + 1)[:-1])


def _spectrum(waveform: Waveform) -> np.ndarray:
    padded = np.pad(waveform.astype(np.float64), (FRAME, FRAME + -len(waveform) % HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    spectrum: np.ndarray = np.fft.rfft(frames * _window())
    return spectrum


def _waveform(spectrum: np.ndarray, n_samples: int) -> Waveform:
    """Lay frames over each other again; roots of Hann windows, so that four sum to 2."""
    rows = np.fft.irfft(spectrum, FRAME) * _window() / 2
    total = np.zeros((len(rows) - 1) * HOP + FRAME)
    for number in range(FRAME // HOP):  # every fourth frame touches the one before it
        some = rows[number :: FRAME // HOP]
        flat = some.ravel()
        total[number * HOP :][: len(flat)] += flat
    waveform: Waveform = total[FRAME : FRAME + n_samples].clip(-1, 1).astype(np.float32)
    return waveform
