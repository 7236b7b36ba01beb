"""The network of the voice gate: causal convolutions of whole numbers."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from lightspeech.audio.gate.bands import NOTHING, RANGE, Integers, relative

Array = npt.NDArray[np.float32]

LARGEST = 127
"""Of what one layer gives the next."""
DELAY = 8
"""Frames by which the score of a frame comes after it."""
DATA = "gate.npz"


@dataclass(frozen=True, eq=False)
class Layer:
    """A causal convolution of whole numbers over frames.

    Attributes:
        weights: −127 to 127, shape ``(taps, n_inputs, n_outputs)``, the oldest tap first.
        bias: shape ``(n_outputs,)``.
        shift: bits that a sum is shifted down by, rounded, shape ``(n_outputs,)``.
        dilation: frames between two taps.
    """

    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    shift: npt.NDArray[np.int8]
    dilation: int

    @property
    def reach(self) -> int:
        """Frames before the present one that it hears."""
        return (len(self.weights) - 1) * self.dilation

    @cached_property
    def scaled(self) -> tuple[Array, Array]:
        """Weights, shape ``(taps * n_inputs, n_outputs)``, and bias with the half that rounds.

        A power of two times a whole number is exact, so that the shift can be done beforehand.
        """
        scale = np.ldexp(np.float32(1), -self.shift.astype(np.int32))
        weights = self.weights.reshape(-1, len(self.bias)).astype(np.float32) * scale
        return np.asarray(weights, np.float32), (self.bias * scale + 0.5).astype(np.float32)

    def __call__(self, inputs: Array) -> Array:
        """Sum and round: shape ``(reach + frames, n_inputs)`` to ``(frames, n_outputs)``."""
        weights, bias = self.scaled
        n_frames = len(inputs) - self.reach
        taps = [inputs[at : at + n_frames] for at in range(0, self.reach + 1, self.dilation)]
        sums: Array = np.concatenate(taps, axis=1) @ weights + bias
        return np.floor(sums, out=sums)


@dataclass(frozen=True, eq=False)
class Weights:
    """What was learnt.

    Attributes:
        layers: the last one gives the score.
        threshold: a frame of this score or more is speech.
    """

    layers: tuple[Layer, ...]
    threshold: int

    @cached_property
    def silence(self) -> tuple[Array, ...]:
        """What each layer has heard before a recording, shape ``(reach, n_inputs)``: silence."""
        return tuple(
            np.full((layer.reach, layer.weights.shape[1]), 0 if n else -RANGE, np.float32)
            for n, layer in enumerate(self.layers)
        )


@lru_cache(maxsize=1)
def weights() -> Weights:
    """Load what the package holds, once."""
    with files(__package__).joinpath(DATA).open("rb") as file, np.load(file) as data:
        return Weights(
            tuple(
                Layer(data[f"weights{n}"], data[f"bias{n}"], data[f"shift{n}"], int(dilation))
                for n, dilation in enumerate(data["dilations"])
            ),
            int(data["threshold"]),
        )


class Scorer:
    """The network over frames that come one after the other; what it heard is all it keeps."""

    def __init__(self, learnt: Weights) -> None:
        """Begin: before the first frame there was silence."""
        self._layers = learnt.layers
        self._peak = NOTHING
        self._heard = list(learnt.silence)

    def scores(self, level: Integers) -> Array:
        """Score frames.

        Args:
            level: of each frame and band, as of `levels`, shape ``(frames, N_BANDS)``.

        Returns:
            Whole numbers, shape ``(frames,)``, each of the frame `DELAY` before.
        """
        inputs, self._peak = relative(level, self._peak)
        values = inputs.astype(np.float32)
        for n, layer in enumerate(self._layers):
            heard = np.concatenate((self._heard[n], values))
            self._heard[n] = heard[len(heard) - layer.reach :]
            values = layer(heard)
            if layer is not self._layers[-1]:
                values = np.clip(values, 0, LARGEST, out=values)
        return values[:, 0]
