"""Another pitch or pace for the same voice: pitch-synchronous overlap-add in the time domain.

Marks are set once a period. Around each lies a grain that reaches to its neighbours; grains are
laid anew, closer for a higher pitch, repeated or left out for another pace (Moulines & Charpentier
1990). Formants stay where they are. What has no pitch is cut in grains of `UNVOICED` samples.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightspeech.audio import pitch as pitches
from lightspeech.audio.pitch import HOP, Array, Pitch
from lightspeech.audio.windows import Waveform

Marks = npt.NDArray[np.int64]

UNVOICED = 80
"""Samples from mark to mark where there is no pitch: 5 ms, too short to be heard as a tone."""
FLAT = 0.2
"""Share of a period around a mark, on either side, that a grain gives as it is: there the voice is
strongest, and two grains laid over each other would lose what is no harmonic."""
FAINTEST = 0.2
"""Sum of windows below which a gap between grains stays one."""
SEARCH = 0.25
"""Share of a period around where the next mark is expected."""


@dataclass(frozen=True, eq=False)
class Voice:
    """A recording with its marks, ready to be said otherwise.

    Attributes:
        waveform: shape ``(samples,)``, at `pitch.SAMPLE_RATE`.
        pitch: of it.
        marks: samples, rising, shape ``(marks,)``; the first is 0, the last the end.
        is_voiced: of each mark, whether it is one of a period, shape ``(marks,)``.
    """

    waveform: Waveform
    pitch: Pitch
    marks: Marks
    is_voiced: npt.NDArray[np.bool_]


def analyse(waveform: Waveform) -> Voice:
    """Find pitch and marks.

    Args:
        waveform: shape ``(samples,)``, −1 to 1, at `pitch.SAMPLE_RATE`.
    """
    pitch = pitches.track(waveform)
    marks: list[int] = []
    voiced: list[bool] = []
    end = 0
    for start, stop in [*pitch.spans(), (len(waveform), len(waveform))]:
        of_span = _marks(waveform, pitch, max(start, end + 1), min(stop, len(waveform) - 1))
        upto = of_span[0] if of_span else min(start, len(waveform))
        n = max(round((upto - end) / UNVOICED), 1)
        between = np.linspace(end, upto, n, endpoint=False).round().astype(int)
        between = between[between > (marks[-1] if marks else -1)]
        marks += [*between.tolist(), *of_span]
        voiced += [False] * len(between) + [True] * len(of_span)
        end = marks[-1] if of_span else end
    if marks[-1] < len(waveform):
        marks, voiced = [*marks, len(waveform)], [*voiced, False]
    return Voice(waveform, pitch, np.array(marks, np.int64), np.array(voiced))


def _marks(waveform: Waveform, pitch: Pitch, start: int, stop: int) -> list[int]:
    """Set a mark a period, from the loudest place outwards, each where it looks like the last."""
    if stop - start < 2 * HOP:
        return []
    first = start + int(np.abs(waveform[start:stop]).argmax())
    before = _walk(waveform, pitch, first, start, -1)
    after = _walk(waveform, pitch, first, stop, +1)
    return [*before[::-1], first, *after]


def _walk(waveform: Waveform, pitch: Pitch, mark: int, limit: int, way: int) -> list[int]:
    marks: list[int] = []
    while True:
        f0_hz = pitch.f0_hz[min(round(mark / HOP), len(pitch.f0_hz) - 1)]
        if not f0_hz:  # the frame at the very edge of a stretch
            return marks
        period = pitches.SAMPLE_RATE / f0_hz
        mark = _alike(waveform, mark, round(mark + way * period), period)
        if (limit - mark) * way < 0 or not 0 < mark < len(waveform):
            return marks
        marks.append(mark)


def _alike(waveform: Waveform, mark: int, expected: int, period: float) -> int:
    """Find where the waveform looks most like around a mark, close to where that is expected."""
    half, reach = int(period / 2), int(period * SEARCH)
    if mark - half < 0 or expected - half - reach < 0:
        return expected
    known = waveform[mark - half : mark + half]
    around = waveform[expected - half - reach : expected + half + reach]
    if len(known) < 2 * half or len(around) < 2 * (half + reach):
        return expected
    products = np.correlate(around, known, "valid")
    energy = np.convolve(around**2, np.ones(2 * half), "valid")
    return expected - reach + int((products / np.sqrt(np.maximum(energy, 1e-12))).argmax())


def say(
    voice: Voice,
    *,
    factors: Array | float = 1.0,
    rate: float = 1.0,
    stray: Array | float = 0.0,
    start: float = 0.0,
) -> Waveform:
    """Lay the grains of a voice anew, at the level of the recording.

    Args:
        voice: by `analyse`.
        factors: of the pitch at each mark, shape ``(marks,)``, or of all; > 0. Marks without a
            pitch have none to change.
        rate: how many times as fast; > 0.
        stray: share of its period by which each mark is moved, shape ``(marks,)``.
        start: samples at which the first grain lies; others than 0 lay all of them elsewhere.

    Returns:
        Shape ``(samples / rate,)``, rounded, −1 to 1 where the recording is.
    """
    marks, n = voice.marks, len(voice.waveform)
    left = np.diff(marks, prepend=marks[0] - UNVOICED)
    right = np.diff(marks, append=marks[-1] + UNVOICED)
    factor = np.where(voice.is_voiced, factors, 1.0)
    moved = np.where(voice.is_voiced, stray, 0.0) * left
    length = round(n / rate)
    padded = np.pad(voice.waveform.astype(np.float64), UNVOICED + int(left.max()))
    offset = UNVOICED + int(left.max())
    total, weight = np.zeros((2, length + 4 * offset))
    for grain, place in _laid(marks, right / factor, rate, length, start):
        before, after = int(left[grain]), int(right[grain])
        window = _window(before, after)
        to = round(place + moved[grain]) + 2 * offset - before
        at = marks[grain] + offset - before
        total[to : to + before + after] += window * padded[at : at + before + after]
        weight[to : to + before + after] += window
    laid = (total / np.maximum(weight, FAINTEST))[2 * offset :][:length]
    # More grains are no louder voice.
    said: Waveform = at_rms_of(voice.waveform, laid).clip(-1, 1).astype(np.float32)
    return said


def _laid(
    marks: Marks, spacing: Array, rate: float, length: int, start: float
) -> list[tuple[int, float]]:
    """Which grain lies where: the next one a spacing behind, the grain nearest in the original."""
    laid, place = [], start
    while place <= length:
        sought = place * rate
        grain = int(np.searchsorted(marks, sought))
        if grain and (grain == len(marks) or sought - marks[grain - 1] < marks[grain] - sought):
            grain -= 1
        laid.append((grain, place))
        place += max(spacing[grain], 1.0)
    return laid


def _window(before: int, after: int) -> Array:
    """Flat around the mark, fading on either side; those of neighbours sum to 1."""
    rise = _fade(np.arange(before, 0, -1) / max(before, 1))
    return np.concatenate([rise, _fade(np.arange(after) / max(after, 1))])


def _fade(distance: Array) -> Array:
    """Weight at a distance from the mark, in periods."""
    through = (distance - FLAT) / (1 - 2 * FLAT)
    faded: Array = 0.5 + 0.5 * np.cos(np.pi * through.clip(0, 1))
    return faded


def at_rms_of(original: Waveform, edited: Array) -> Array:
    """Bring an edited waveform to the level of the original.

    Args:
        original: shape ``(samples,)``.
        edited: shape ``(samples,)``, perhaps more or fewer.

    Returns:
        As many samples as the edited one, shape ``(samples,)``.
    """
    rms, wanted = (
        np.sqrt(np.square(x, dtype=float).sum() / max(len(x), 1)) for x in (edited, original)
    )
    levelled: Array = edited * (wanted / rms if rms else 1.0)
    return levelled
