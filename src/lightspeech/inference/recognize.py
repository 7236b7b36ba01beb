"""From windows to answers: one for an utterance, one after the other for long audio."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import chain
from typing import NamedTuple

import numpy as np

from lightspeech.audio import samples
from lightspeech.audio.gate import Gate
from lightspeech.audio.windows import Cutter, Waveform
from lightspeech.bundle import Bundle
from lightspeech.inference import answers
from lightspeech.inference.answers import Answer, Segment
from lightspeech.inference.predictor import Listener, Predictor, Probabilities

UTTERANCE_S = 10.0
"""Audio up to this length is one utterance, the unit that figures are measured on (the acted
corpora have none longer), and gets one answer; longer audio is followed window by window."""
BATCH = 32
"""Windows of an utterance answered at once."""


def recognize(predictor: Predictor, waveform: Waveform) -> Probabilities:
    """Answer one utterance by all of its windows, see `Windows.over`.

    Args:
        predictor: an open bundle.
        waveform: shape ``(samples,)``, −1…1, at the bundle's sample rate; see `samples.as_mono`.

    Returns:
        Probabilities, shape ``(n_classes,)``.

    Raises:
        AudioError: if it is empty, or no waveform.
        BundleError: if the model gives no probabilities.
    """
    return _row(predictor, samples.as_mono(waveform))


def _row(predictor: Predictor, waveform: Waveform) -> Probabilities:
    bundle = predictor.bundle
    samples.check_length(len(waveform), bundle.sample_rate)
    rows = bundle.windows.cut(waveform, bundle.sample_rate)
    batches = [predictor.predict(rows[at : at + BATCH]) for at in range(0, len(rows), BATCH)]
    return bundle.windows.pooled(np.concatenate(batches))


def longest_utterance(bundle: Bundle) -> int:
    """Samples of the longest audio that is one utterance: `UTTERANCE_S`, or a longer window."""
    return round(max(UTTERANCE_S, bundle.windows.window_s) * bundle.sample_rate)


def utterance(predictor: Predictor, waveform: Waveform, gate: Gate | None = None) -> Segment:
    """Answer one utterance as a segment.

    Args:
        predictor: an open bundle.
        waveform: shape ``(samples,)``, see `recognize`.
        gate: that heard just this, to its end; default: it is heard now.

    Raises:
        AudioError: if it is empty, or no waveform.
        BundleError: if the model gives no probabilities.
    """
    bundle = predictor.bundle
    if gate is None:
        row, gate = _hear(predictor, waveform)
    else:
        row = _row(predictor, waveform)
    end_s = len(waveform) / bundle.sample_rate
    return answers.segment(0.0, end_s, row, gate.speech(0.0, end_s), bundle)


def _hear(predictor: Predictor, waveform: Waveform) -> tuple[Probabilities, Gate]:
    """Answer an utterance, and hear where somebody speaks."""
    bundle = predictor.bundle
    if isinstance(predictor, Listener):
        samples.check_length(len(waveform), bundle.sample_rate)
        rows, sounding = predictor.listen(waveform)
        row = bundle.windows.pooled(rows)
        if sounding is not None:
            return row, Gate.knowing(sounding)
    else:
        row = _row(predictor, waveform)
    gate = Gate(bundle.sample_rate)
    gate.feed(waveform)
    gate.flush()
    return row, gate


def answer(
    predictor: Predictor, blocks: Iterable[Waveform], *, whole: bool = False, at_once: int = 1
) -> Answer:
    """Answer audio of any length; of the audio itself no more than some seconds are held.

    Args:
        predictor: an open bundle.
        blocks: the audio in pieces of any length, shape ``(samples,)``, at the bundle's sample
            rate.
        whole: one segment for all of it, by all windows, see `Windows.over`.
        at_once: windows of long audio that are answered at once, each by a thread.

    Raises:
        AudioError: if it is too short, or no waveform.
        BundleError: if the model gives no probabilities.
    """
    limit = longest_utterance(predictor.bundle)
    blocks = iter(blocks)
    head = _take(blocks, limit)
    if len(head) <= limit:
        hops = [utterance(predictor, head)]
    elif whole:
        hops = [_whole(predictor, chain([head], blocks))]
    else:
        hops = _follow(predictor, chain([head], blocks), at_once)
    return answers.answer(hops, predictor.bundle)


def _follow(predictor: Predictor, blocks: Iterable[Waveform], at_once: int) -> list[Segment]:
    with ThreadPoolExecutor(at_once) as threads:  # that begin with their first work
        follower = Follower(predictor, threads if at_once > 1 else None, ahead=2 * at_once)
        hops = [hop for block in blocks for hop in follower.feed(block)]
        return hops + follower.flush()


def _take(blocks: Iterator[Waveform], limit: int) -> Waveform:
    """Join blocks until there is more than the limit."""
    taken: list[Waveform] = []
    n_samples = 0
    while n_samples <= limit and (block := next(blocks, None)) is not None:
        taken += [block] if len(block) else []
        n_samples += len(block)
    return taken[0] if len(taken) == 1 else np.concatenate([np.zeros(0, np.float32), *taken])


def _whole(predictor: Predictor, blocks: Iterable[Waveform]) -> Segment:
    """Answer by windows: those in which somebody speaks, or all where nobody does."""
    bundle = predictor.bundle
    gate = Gate(bundle.sample_rate)
    starts, rows = [], []
    for start, window in bundle.windows.stream(_heard(gate, blocks), bundle.sample_rate):
        starts.append(start / bundle.sample_rate)
        rows.append(predictor.predict(window[None])[0])
    gate.flush()
    window_s = len(window) / bundle.sample_rate
    end_s = starts[-1] + window_s
    spoken = [gate.speech(at, at + window_s) > 0 for at in starts]
    kept = np.stack(rows)[spoken if any(spoken) else slice(None)]
    return answers.segment(0.0, end_s, bundle.windows.pooled(kept), gate.speech(0.0, end_s), bundle)


def _heard(gate: Gate, blocks: Iterable[Waveform]) -> Iterator[Waveform]:
    for block in blocks:
        gate.feed(block)
        yield block


class Stretch(NamedTuple):
    """A segment before anybody knows whether it holds speech.

    Attributes:
        start_s: seconds from the beginning of the recording.
        end_s: seconds.
        row: probabilities, shape ``(n_classes,)``.
    """

    start_s: float
    end_s: float
    row: Probabilities


class Follower:
    """Follows audio that comes in blocks: segments without gaps, one a hop, as they are known.

    Each window speaks for its centre, and its probabilities are smoothed with both neighbours',
    weights ¼ ½ ¼ (at the ends the window itself stands in for the neighbour it lacks). So a segment
    is known one window later. Windows are answered one by one, so that no length of a block can
    change a bit of an answer; a batch of them is no quicker on one thread.
    """

    def __init__(
        self, predictor: Predictor, threads: Executor | None = None, *, ahead: int = 0
    ) -> None:
        """Begin a recording.

        Args:
            predictor: an open bundle.
            threads: that answer windows; none: each is answered as soon as it is there.
            ahead: windows that they may be behind.
        """
        self._predictor = predictor
        self._threads, self._ahead = threads, ahead if threads else 0
        self._asked: deque[tuple[int, Callable[[], Probabilities]]] = deque()
        self._cutter = Cutter(predictor.bundle.windows, predictor.bundle.sample_rate)
        self._gate = Gate(predictor.bundle.sample_rate)
        self._waiting: deque[Stretch] = deque()  # for the gate, which is a few frames behind
        self._before: Probabilities | None = None
        self._now: Probabilities | None = None
        self._start = 0  # of the window that `_now` answers, in samples
        self._begin_s = 0.0  # of the segment that it will become

    @property
    def gate(self) -> Gate:
        """The gate, which hears what is fed."""
        return self._gate

    @property
    def window(self) -> Stretch | None:
        """The newest window that was answered, its row not smoothed; none before the first."""
        if self._now is None:
            return None
        sample_rate = self._predictor.bundle.sample_rate
        end = self._start + self._windows()[0]
        return Stretch(self._start / sample_rate, end / sample_rate, self._now)

    def feed(self, block: Waveform) -> list[Segment]:
        """Take a block, shape ``(samples,)``, at the bundle's sample rate; give what is known."""
        self._gate.feed(block)
        for start, window in self._cutter.feed(block):
            self._asked.append((start, self._ask(window)))
            if len(self._asked) > self._ahead:
                self._next()
        known = []
        while self._waiting and self._gate.reaches(self._waiting[0].end_s):
            known.append(self._segment(self._waiting.popleft()))
        return known

    def flush(self) -> list[Segment]:
        """Give the rest; the recording ends, which must be longer than a window."""
        start, last = self._cutter.flush()
        self._asked.append((start, self._ask(last)))
        while self._asked:
            self._next()
        assert self._now is not None
        window, _ = self._windows()
        self._close(2 * (self._start + window), after=self._now)
        self._gate.flush()
        return [self._segment(stretch) for stretch in self._waiting]

    def _ask(self, window: Waveform) -> Callable[[], Probabilities]:
        """Have a window answered, and give what waits for its row."""
        if self._threads is not None:
            return self._threads.submit(self._row, window.copy()).result
        row = self._row(window)
        return lambda: row

    def _row(self, window: Waveform) -> Probabilities:
        row: Probabilities = self._predictor.predict(window[None])[0]
        return row

    def _next(self) -> None:
        start, answered = self._asked.popleft()
        row = answered()
        if self._now is not None:  # it ends midway between the two centres
            self._close(self._start + start + self._windows()[0], after=row)
        self._before, self._now, self._start = self._now, row, start

    def _close(self, twice_end: int, *, after: Probabilities) -> None:
        """Close the stretch of the window before, at half of so many samples."""
        assert self._now is not None
        before = self._now if self._before is None else self._before
        row = np.asarray((before + 2 * self._now + after) / 4, np.float32)
        begin_s, self._begin_s = self._begin_s, twice_end / 2 / self._predictor.bundle.sample_rate
        self._waiting.append(Stretch(begin_s, self._begin_s, row))

    def _segment(self, stretch: Stretch) -> Segment:
        begin_s, end_s, row = stretch
        speech = self._gate.speech(begin_s, end_s)
        return answers.segment(begin_s, end_s, row, speech, self._predictor.bundle)

    def _windows(self) -> tuple[int, int]:
        bundle = self._predictor.bundle
        return bundle.windows.samples(bundle.sample_rate)
