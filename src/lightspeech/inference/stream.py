"""Sound as it comes, from a microphone or a line: answers while somebody speaks."""

from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.audio import samples
from lightspeech.audio.gate import Gate
from lightspeech.audio.resampling import Resampler
from lightspeech.audio.windows import Waveform
from lightspeech.inference.answers import Segment
from lightspeech.inference.predictor import Predictor
from lightspeech.inference.recognize import Follower, Stretch, longest_utterance, utterance


class Stream:
    """One recording that is still going on; for one thread, and as many as you like at once.

    Joined, its segments are the ``hops`` that the recognizer gives of the same samples as an array,
    bit for bit, whatever the lengths of the chunks.
    """

    def __init__(self, predictor: Predictor, sample_rate: int, channels: int = 1) -> None:
        """Begin a recording.

        Args:
            predictor: an open bundle.
            sample_rate: of what will be fed, in Hz.
            channels: of what will be fed; they are averaged.

        Raises:
            ConfigError: if the rate is no whole number.
            AudioError: if no recording has that rate, or so many channels.
        """
        self._predictor = predictor
        self._sample_rate, self._channels = samples.rate(sample_rate), channels
        samples.check_channels(channels, "stream")
        self.reset()

    def reset(self) -> None:
        """Forget all: what is fed next begins another recording, at 0 s."""
        bundle = self._predictor.bundle
        self._resampler = Resampler(self._sample_rate, bundle.sample_rate)
        self._follower = Follower(self._predictor)
        self._limit = longest_utterance(bundle)
        self._head = bytearray()  # float32, as long as this may become a short recording
        self._n_samples = 0

    @property
    def gate(self) -> Gate:
        """The voice gate, which hears what is fed."""
        return self._follower.gate

    @property
    def window(self) -> Stretch | None:
        """The newest window that was answered, its row not smoothed; none before the first."""
        return self._follower.window

    def feed(self, chunk: npt.NDArray[Any]) -> list[Segment]:
        """Take what was recorded since; give the segments that are known by now.

        The first one comes a window and a hop after the beginning (4 s in the models of the
        package), then one a hop: each needs the window after it.

        Args:
            chunk: any number of samples, none too, shape ``(samples,)`` or ``(samples, channels)``;
                floats from −1 to 1, or integers, scaled by their type.

        Returns:
            None, one or more, in their order, each beginning where the one before ends.

        Raises:
            AudioError: if shape, type or values are none of a recording; the chunk is not taken.
            ConfigError: if it is no array.
        """
        return self.take(self._resampler.feed(samples.mono(chunk, self._channels)))

    def flush(self) -> list[Segment]:
        """End the recording and give the rest; what is fed next begins another one.

        Of a recording that had ten seconds or less the rest is one segment over all of it, what the
        recognizer says of an utterance; it takes the place of those that came before. Of less than
        ten milliseconds nothing can be said.
        """
        known = self.take(self._resampler.flush())
        if self._n_samples > self._limit:
            segments = known + self._follower.flush()
        elif self._n_samples >= samples.MIN_DURATION_S * self._predictor.bundle.sample_rate:
            self.gate.flush()
            head = np.frombuffer(self._head, np.float32)
            segments = [utterance(self._predictor, head, self.gate)]
        else:
            segments = []
        self.reset()
        return segments

    def take(self, waveform: Waveform) -> list[Segment]:
        """Take what is a waveform at the bundle's sample rate already, as `feed` would.

        Args:
            waveform: shape ``(samples,)``, −1…1, not checked.
        """
        self._n_samples += len(waveform)
        if self._n_samples <= self._limit:
            self._head += waveform.tobytes()
        else:
            self._head.clear()
        return self._follower.feed(waveform)
