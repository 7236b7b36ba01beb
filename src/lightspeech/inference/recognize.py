"""From windows to answers: one for an utterance, one after the other for long audio."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from lightspeech.audio.windows import Waveform
from lightspeech.inference.predictor import Predictor, Probabilities

UTTERANCE_S = 10.0
"""Audio up to this length is one utterance, the unit that figures are measured on (the acted
corpora have none longer), and gets one answer; longer audio is followed window by window."""
BATCH = 32
"""Windows answered at once: quick enough, and a few MB of memory however long the audio."""


@dataclass(frozen=True)
class Segment:
    """A stretch of audio and its answer.

    Attributes:
        start_s: seconds from the beginning.
        end_s: seconds; the next segment starts there.
        probabilities: shape ``(n_classes,)``.
    """

    start_s: float
    end_s: float
    probabilities: Probabilities


def recognize(predictor: Predictor, waveform: Waveform) -> Probabilities:
    """Answer one utterance: the mean over its windows.

    Args:
        predictor: an open bundle.
        waveform: shape ``(samples,)``, at the bundle's sample rate.

    Returns:
        Probabilities, shape ``(n_classes,)``.
    """
    bundle = predictor.bundle
    rows = bundle.windows.cut(waveform, bundle.sample_rate)
    batches = [predictor.predict(rows[at : at + BATCH]) for at in range(0, len(rows), BATCH)]
    mean: Probabilities = np.concatenate(batches).mean(0)
    return mean


def segments(
    predictor: Predictor, blocks: Iterable[Waveform], *, whole: bool = False
) -> Iterator[Segment]:
    """Answer audio of any length in flat memory.

    Audio up to `UTTERANCE_S` (or one window, if that is longer) gets exactly what `recognize`
    gives. Longer audio gets a segment a hop, without gaps: each window speaks for its centre, and
    its probabilities are smoothed with both neighbours', weights ¼ ½ ¼ (at
    the ends the window itself stands in for the neighbour it lacks).

    Args:
        predictor: an open bundle.
        blocks: the audio in pieces of any length, at the bundle's sample rate.
        whole: one answer for all of it, the mean over windows.
    """
    bundle = predictor.bundle
    rate = bundle.sample_rate
    limit = round(max(UTTERANCE_S, bundle.windows.window_s) * rate)
    blocks = iter(blocks)
    head = _take(blocks, limit)
    if len(head) <= limit:
        yield Segment(0.0, len(head) / rate, recognize(predictor, head))
        return
    answers = _answers(predictor, chain([head], blocks))
    window = bundle.windows.samples(rate)[0]
    if whole:
        starts, rows = zip(*answers, strict=True)
        mean: Probabilities = np.stack(rows).mean(0)
        yield Segment(0.0, (starts[-1] + window) / rate, mean)
    else:
        yield from _smooth(answers, window, rate)


_Answer = tuple[int, Probabilities]
"""First sample of a window, and what the model says of it."""


def _take(blocks: Iterator[Waveform], limit: int) -> Waveform:
    """Join blocks until there is more than the limit."""
    taken = [np.zeros(0, np.float32)]
    n_samples = 0
    while n_samples <= limit and (block := next(blocks, None)) is not None:
        taken.append(block)
        n_samples += len(block)
    return np.concatenate(taken)


def _answers(predictor: Predictor, blocks: Iterable[Waveform]) -> Iterator[_Answer]:
    bundle = predictor.bundle
    windows = bundle.windows.stream(blocks, bundle.sample_rate)
    while batch := list(islice(windows, BATCH)):
        starts, rows = zip(*batch, strict=True)
        yield from zip(starts, predictor.predict(np.stack(rows)), strict=True)


def _smooth(answers: Iterator[_Answer], window: int, rate: int) -> Iterator[Segment]:
    """Look one window ahead: its answer and its start are both needed."""
    start, now = next(answers)
    before, begin_s = now, 0.0
    for next_start, after in answers:
        end_s = (start + next_start + window) / 2 / rate  # midway between the two centres
        yield Segment(begin_s, end_s, _mix(before, now, after))
        before, now, start, begin_s = now, after, next_start, end_s
    yield Segment(begin_s, (start + window) / rate, _mix(before, now, now))


def _mix(before: Probabilities, now: Probabilities, after: Probabilities) -> Probabilities:
    return np.asarray((before + 2 * now + after) / 4, np.float32)
