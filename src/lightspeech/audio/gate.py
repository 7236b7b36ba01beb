"""The voice gate: where in a recording somebody speaks, at a small part of a recogniser's cost.

Every second mel frame of the front end that the shipped models share is pooled to `N_BANDS` bands,
taken relative to a running peak, and heard by causal convolutions of int8 weights. After the
logarithm all is whole numbers, and sums stay below 2**24, so that single precision is exact. Before
it all is double precision, so that NumPy, JavaScript, Java and ONNX give the same scores; a board
in single precision finds a level beside an edge a step apart. Gain is no cue: the floor lies below
the rounding noise of 24 bits, and what matters is only how far a band is below the peak.

Figures and data: docs/results.md; made by ``python -m benchmarks.gate``.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.resampling import Resampler
from lightspeech.audio.windows import Waveform

Array = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]

MEL = MelConfig()
"""Whose mel frames the gate hears: every second one, so that no two overlap."""
CELL = 2 * MEL.hop_length
"""Samples from frame to frame, 80 ms; what is said of a frame is said of so much time."""
N_BANDS = 16
"""Neighbouring mel bands are summed to so many."""
DECIMALS = 9
"""Of the weights of a band, so that every language reads the same ones."""
FLOOR = 1e-18
"""Added to an energy before the logarithm; 80 dB below the rounding noise of 16 bits."""
STEPS = 128
"""Of a level to a unit of the natural logarithm: 0.034 dB each."""
COARSE = 16
"""Steps of a level to one of the network's input: 0.54 dB."""
RANGE = 127
"""Steps below the running peak that are heard: 69 dB."""
DECAY = 8
"""Steps of a level that the running peak falls a frame: 3.4 dB a second."""
LARGEST = 127
"""Of what one layer gives the next."""
DELAY = 8
"""Frames by which the score of a frame comes after it."""
HOLD = 4
"""Frames around one that is heard as speech that are speech too: a word is longer than a frame."""
HELD = 4 * MEL.sample_rate
"""Samples that may wait to be heard: many frames at once cost less than one by one."""
AT_ONCE = 16
"""Frames whose spectra are held at once: what memory is new costs more than what is cached."""
LEAST_S = 0.3
"""Seconds that must sound like speech, or half of the time: a short word does."""
DATA = "gate.npz"
GRAPH = "gate.onnx"
"""The whole gate for whoever has ONNX Runtime and not this package; see `graph`."""


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


def described() -> dict[str, Any]:
    """Tell all that a program in another language needs to be this gate, as JSON has it."""
    learnt = weights()
    bands = [np.flatnonzero(band) for band in pooling().T]
    return {
        "sample_rate": MEL.sample_rate, "n_fft": MEL.n_fft, "cell": CELL, "floor": FLOOR,
        "steps": STEPS, "coarse": COARSE, "range": RANGE, "decay": DECAY, "nothing": NOTHING,
        "largest": LARGEST, "delay": DELAY, "hold": HOLD, "least_s": LEAST_S,
        "threshold": learnt.threshold,
        "bands": [
            {"first": int(band[0]), "weights": pooling()[band, n].tolist()}
            for n, band in enumerate(bands)
        ],
        "layers": [
            {
                "weights": layer.weights.tolist(), "bias": layer.bias.tolist(),
                "shift": layer.shift.tolist(), "dilation": layer.dilation,
            }
            for layer in learnt.layers
        ],
    }  # fmt: skip


def graph() -> bytes:
    """Read the gate as ONNX: one file from recordings to their share of speech.

    Returns:
        A model that takes ``waveform``, float32, shape ``(batch, samples)``, −1…1 at `MEL`'s sample
        rate, of one sample or more; it gives ``scores``, int32, shape ``(batch, cells)``, of each
        `CELL` samples, and ``speech``, float32, shape ``(batch,)``: 0, where nobody speaks, to 1.
    """
    return files(__package__).joinpath(GRAPH).read_bytes()


@lru_cache(maxsize=1)
def pooling() -> npt.NDArray[np.float64]:
    """Weights of each band, shape ``(n_fft // 2 + 1, N_BANDS)``: sums of mel bands, rounded."""
    matrix = frontend.tables(MEL).mel_matrix(MEL.n_fft // 2 + 1).astype(np.float64)
    pooled: npt.NDArray[np.float64] = matrix.reshape(len(matrix), N_BANDS, -1).sum(2)
    return pooled.round(DECIMALS)


@lru_cache(maxsize=1)
def _twice() -> npt.NDArray[np.float64]:
    """Weights of real and imaginary parts, which lie in turn: their squares need no other array."""
    return pooling().repeat(2, axis=0)


def energies(waveform: Waveform) -> npt.NDArray[np.float64]:
    """Measure each band of each frame.

    Args:
        waveform: shape ``(samples,)``, −1…1, at `MEL`'s sample rate.

    Returns:
        Shape ``(frames, N_BANDS)``: of each frame that is whole.
    """
    n_frames = max((len(waveform) - MEL.n_fft) // CELL + 1, 0)
    step = waveform.itemsize
    frames: Waveform = np.ndarray(
        (n_frames, MEL.n_fft), waveform.dtype, waveform, strides=(CELL * step, step)
    )
    pooled = np.empty((len(frames), N_BANDS))
    # In double precision a level depends neither on who transforms nor on how many frames at once.
    window = frontend.tables(MEL).window.astype(np.float64)
    for at in range(0, len(frames), AT_ONCE):
        bins = np.fft.rfft(frames[at : at + AT_ONCE] * window).view(np.float64)
        np.matmul(np.square(bins, out=bins), _twice(), out=pooled[at : at + AT_ONCE])
    return pooled


def levels(energy: npt.NDArray[np.float64]) -> Integers:
    """Take logarithms.

    Args:
        energy: of each frame and band, as of `energies`, shape ``(frames, N_BANDS)``.

    Returns:
        Same shape, `STEPS` whole steps to a unit of the natural logarithm.
    """
    whole: Integers = np.floor(STEPS * np.log(energy + FLOOR)).astype(np.int64)
    return whole


SILENT = levels(np.zeros((1, N_BANDS)))
"""Of digital silence: one frame of it."""
NOTHING = int(SILENT.max()) + COARSE * RANGE
"""The least running peak: with it, digital silence lies just at the end of what is heard."""


def relative(level: Integers, peak: int) -> tuple[Integers, int]:
    """Take levels relative to their running peak.

    Args:
        level: of each frame and band, as of `levels`, shape ``(frames, N_BANDS)``.
        peak: that was reached before the first frame; `NOTHING` at the beginning.

    Returns:
        What the network hears, −`RANGE` to 0, of the shape of ``level``, and the peak now.
    """
    if not len(level):
        return level, peak
    fallen = DECAY * np.arange(1, len(level) + 1)
    reached = np.maximum.accumulate(np.maximum(level.max(1) + fallen, peak))
    peaks = np.maximum(reached - fallen, NOTHING)
    return np.maximum((level - peaks[:, None]) // COARSE, -RANGE), int(peaks[-1])


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


def cells(n_samples: int) -> int:
    """Tell how many cells are heard of so many samples: silent ones too, which tell of the last."""
    return -(-n_samples // CELL) + DELAY + HOLD


class Gate:
    """Hears one recording, block by block; it keeps a byte for every 80 ms.

    What it says of a stretch does not depend on how the recording was cut into blocks.
    """

    def __init__(self, sample_rate: int) -> None:
        """Begin a recording of ``sample_rate`` Hz."""
        self._resampler = Resampler(sample_rate, MEL.sample_rate)
        self._scorer = Scorer(weights())
        self._blocks: list[Waveform] = []  # not yet heard, the first one from the next frame on
        self._waiting = self._n_samples = 0  # samples of them, and of the recording
        self._speech = bytearray()  # of each cell; the first `DELAY` are before the recording

    @classmethod
    def knowing(cls, sounding: Marks) -> "Gate":
        """Make the gate of a recording that another program heard to its end.

        Args:
            sounding: what that found of each of its `cells`, shape ``(cells,)``, the first `DELAY`
                from before the recording.
        """
        gate = cls(MEL.sample_rate)
        gate._speech = bytearray(sounding.tobytes())
        return gate

    def feed(self, block: Waveform) -> None:
        """Take a block, shape ``(samples,)``, −1…1."""
        self._take(self._resampler.feed(block))

    def flush(self) -> None:
        """Hear the rest; the recording ends."""
        self._take(self._resampler.flush())
        self._take(np.zeros(-self._n_samples % CELL, np.float32))
        self._hear(silence=DELAY + HOLD)

    def reaches(self, seconds: float) -> bool:
        """Tell whether enough was fed to know all before so many seconds."""
        return (self._n_samples // CELL - DELAY - HOLD) * CELL >= seconds * MEL.sample_rate

    def speech(self, start_s: float, end_s: float) -> float:
        """Tell the share of a stretch in which somebody speaks: 0, where nobody does, to 1.

        Args:
            start_s: seconds from the beginning of the recording.
            end_s: seconds, later; `reaches` them, or the recording was flushed.
        """
        self._hear()
        cell_s = CELL / MEL.sample_rate
        first, last = int(start_s / cell_s), int(np.ceil(end_s / cell_s))
        sounds, held = self._marks(first, last)
        begins = np.arange(first, first + len(sounds)) * cell_s
        inside = np.minimum(begins + cell_s, end_s) - np.maximum(begins, start_s)
        if inside @ sounds < min(LEAST_S, (end_s - start_s) / 2):
            return 0.0
        return min(float(inside @ held) / (end_s - start_s), 1.0)

    def sounding(self, first: int) -> Marks:
        """Tell of each cell from one on, as far as they are known, whether it sounds like speech.

        Args:
            first: the cell, `CELL` samples long, counted from 0.

        Returns:
            Shape ``(cells,)``.
        """
        self._hear()
        return np.frombuffer(self._speech, np.bool_)[DELAY + first :].copy()

    def _marks(self, first: int, last: int) -> tuple[Marks, Marks]:
        """Tell of cells whether they sound like speech, and whether one within `HOLD` does."""
        sounds = np.frombuffer(self._speech, np.bool_)[DELAY:]
        near = sounds[max(first - HOLD, 0) : last + HOLD]
        counts = np.convolve(near, np.ones(2 * HOLD + 1, np.int64))  # of those up to so far after
        return sounds[first:last], counts[HOLD + min(first, HOLD) :][: last - first] > 0

    def _take(self, block: Waveform) -> None:
        self._blocks.append(block)
        self._waiting += len(block)
        self._n_samples += len(block)
        if self._waiting > HELD:
            self._hear()

    def _hear(self, *, silence: int = 0) -> None:
        """Score all frames that are whole, and so many silent ones after them."""
        n_frames = self._waiting // CELL
        if not n_frames + silence:
            return
        waveform = np.concatenate(self._blocks)
        heard = energies(waveform[: n_frames * CELL]) if n_frames else np.empty((0, N_BANDS))
        after = SILENT.repeat(silence, axis=0)
        scores = self._scorer.scores(np.concatenate((levels(heard), after)))
        self._speech += (scores >= weights().threshold).tobytes()
        self._blocks = [waveform[n_frames * CELL :]]
        self._waiting -= n_frames * CELL
