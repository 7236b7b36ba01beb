"""What is said while somebody speaks: of the last window at once, of each turn, and for good."""

from collections import deque
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech import bundle as bundles
from lightspeech.audio import samples
from lightspeech.audio.gate import CELL, DELAY, HOLD, MEL, Gate
from lightspeech.audio.resampling import Resampler
from lightspeech.audio.windows import Waveform
from lightspeech.errors import ConfigError
from lightspeech.inference import answers
from lightspeech.inference.answers import NONE, Segment
from lightspeech.inference.predictor import Predictor, Probabilities
from lightspeech.inference.recognize import Stretch, utterance
from lightspeech.inference.stream import Stream
from lightspeech.inference.turns import Turn, Turns

STEP_S = 0.1
"""Audio is taken in steps of so many seconds, so that chunks of any length give the same."""
LAG_S = (DELAY + HOLD + 1) * CELL / MEL.sample_rate
"""Seconds that the gate is behind: what is newer is not asked about."""
LEAST_KNOWN_S = 0.6
"""Seconds of a window that the gate must know before the window is spoken of, or all of it."""


class Kind(StrEnum):
    """What an update is about."""

    NOW = "now"
    TURN = "turn"
    SEGMENT = "segment"


@dataclass(frozen=True, slots=True)
class Update:
    """Something to say about a recording that is still going on.

    Attributes:
        kind: ``now``: the last window; ``turn``: what was said between two pauses; ``segment``: a
            stretch of the recording, as the recognizer will tell it of the whole.
        at_s: seconds of the recording that were heard when this was said.
        segment: the stretch and what is said of it; that of a turn is what the recognizer says of
            the turn alone. For ``now``, ``speech`` leaves out the last second, which the gate does
            not know yet.
    """

    kind: Kind
    at_s: float
    segment: Segment


class LiveStream:
    """One recording that is still going on; for one thread, and as many as you like at once.

    Neither what it says nor when it says it, in seconds of the recording, depends on how that was
    cut into chunks.
    """

    def __init__(
        self,
        predictor: Predictor,
        sample_rate: int,
        channels: int = 1,
        *,
        smoothing: float = 0.0,
        turns: bool = True,
    ) -> None:
        """Begin a recording.

        Args:
            predictor: an open bundle.
            sample_rate: of what will be fed, in Hz.
            channels: likewise; they are averaged.
            smoothing: weight that the answer a hop before keeps in ``now``, 0 to 1.
            turns: tell them; each costs what a recording of its length costs.

        Raises:
            ConfigError: if the rate is no whole number, the weight not 0 to 1, or the bundle tells
                ratings.
            AudioError: if no recording has that rate, or so many channels.
        """
        bundles.require_classes(predictor.bundle)
        if not 0 <= smoothing < 1:
            raise ConfigError(f"smoothing is {smoothing!r}; give a number from 0 to below 1")
        samples.check_channels(channels, "stream")
        self._predictor, self._sample_rate = predictor, samples.rate(sample_rate)
        self._channels, self._smoothing, self._tells_turns = channels, smoothing, turns
        self._stream = Stream(predictor, predictor.bundle.sample_rate)
        self._step = round(STEP_S * predictor.bundle.sample_rate)
        self.reset()

    def reset(self) -> None:
        """Forget all: what is fed next begins another recording, at 0 s."""
        rate = self._predictor.bundle.sample_rate
        self._stream.reset()
        self._resampler = Resampler(self._sample_rate, rate)
        self._turns = Turns(rate)
        self._rest = np.zeros(0, np.float32)  # less than a step
        self._n_samples = 0
        self._newest_s = -1.0  # where the newest window begins, in seconds
        self._due: deque[Stretch] = deque()  # windows that the gate does not know yet
        self._row: Probabilities | None = None  # smoothed, of the last ``now``

    def feed(self, chunk: npt.NDArray[Any]) -> list[Update]:
        """Take what was recorded since; give what can be said by now.

        The first ``now`` comes with the first window, then there is one a hop.

        Args:
            chunk: any number of samples, none too, shape ``(samples,)`` or ``(samples, channels)``;
                floats from −1 to 1, or integers, scaled by their type.

        Raises:
            AudioError: if shape, type or values are none of a recording; the chunk is not taken.
            ConfigError: if it is no array.
        """
        return self._take(self._resampler.feed(samples.mono(chunk, self._channels)))

    def flush(self) -> list[Update]:
        """End the recording; give the rest: its last turn, and the segments not told yet.

        Of a recording of ten seconds or less that is one segment over all of it, in place of those
        that came before. What is fed next begins another recording.
        """
        updates = self._take(self._resampler.flush())
        updates += self._taken(self._rest)
        gate = self._stream.gate
        segments = self._stream.flush()
        if self._tells_turns:
            updates += self._told(self._turns.flush(gate))
        updates += [self._update(Kind.SEGMENT, segment) for segment in segments]
        self.reset()
        return updates

    def _take(self, waveform: Waveform) -> list[Update]:
        waveform = np.concatenate((self._rest, waveform))
        n_whole = len(waveform) // self._step * self._step
        self._rest = waveform[n_whole:]
        steps = waveform[:n_whole].reshape(-1, self._step)
        return [update for step in steps for update in self._taken(step)]

    def _taken(self, step: Waveform) -> list[Update]:
        """Take a step."""
        self._n_samples += len(step)
        segments = self._stream.take(step)
        updates = [self._update(Kind.SEGMENT, segment) for segment in segments]
        updates += self._now(self._stream.gate)
        if self._tells_turns:
            updates += self._told(self._turns.feed(step, self._stream.gate))
        return updates

    def _now(self, gate: Gate) -> list[Update]:
        """Speak of each window, once, as soon as the gate knows enough of it."""
        window = self._stream.window
        if window is not None and window.start_s != self._newest_s:
            self._newest_s = window.start_s
            self._due.append(window)
        updates = []
        while self._due and gate.reaches(_known_s(self._due[0])):
            updates.append(self._spoken(self._due.popleft(), gate))
        return updates

    def _spoken(self, window: Stretch, gate: Gate) -> Update:
        start_s, end_s, row = window
        speech = gate.speech(start_s, _known_s(window))
        if self._row is not None:
            row = np.asarray(self._smoothing * self._row + (1 - self._smoothing) * row, np.float32)
        segment = answers.segment(start_s, end_s, row, speech, self._predictor.bundle)
        self._row = None if segment.label == NONE else row
        return self._update(Kind.NOW, segment)

    def _told(self, turns: list[Turn]) -> list[Update]:
        updates = []
        for start_s, end_s, waveform in turns:
            answer = utterance(self._predictor, waveform)
            shifted = replace(answer, start_s=start_s, end_s=end_s)
            updates.append(self._update(Kind.TURN, shifted))
        return updates

    def _update(self, kind: Kind, segment: Segment) -> Update:
        return Update(kind, self._n_samples / self._predictor.bundle.sample_rate, segment)


def _known_s(window: Stretch) -> float:
    """Seconds up to which the gate must know a window that is spoken of."""
    start_s, end_s, _ = window
    return max(end_s - LAG_S, min(start_s + LEAST_KNOWN_S, end_s))
