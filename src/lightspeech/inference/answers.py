"""What is told of a recording: labels, probabilities, and whether the model is sure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.bundle import Bundle

NONE = "none"
"""The label where nobody speaks."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of audio and what the model says of it.

    Attributes:
        start_s: seconds from the beginning of the recording.
        end_s: seconds; the next segment starts there.
        label: the likeliest one, or ``none`` where nobody speaks.
        probabilities: of each label, 0 to 1, in the order of the bundle's labels; what they are
            where nobody speaks means nothing.
        uncertain: somebody speaks, and the highest probability is below the bundle's threshold.
        speech: share of the time in which somebody speaks, 0 to 1.
    """

    start_s: float
    end_s: float
    label: str
    probabilities: dict[str, float]
    uncertain: bool
    speech: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says of a recording.

    Attributes:
        label: the likeliest one, or ``none`` where nobody speaks.
        probabilities: of each label, 0 to 1, in the order of the bundle's labels. Up to ten seconds
            they are the mean over windows, as all figures are measured; of longer audio the mean
            over the ``segments`` in which somebody speaks, weighted by their duration.
        uncertain: somebody speaks, and the highest probability is below the bundle's threshold.
        speech: share of the time in which somebody speaks, 0 to 1.
        segments: one, where the audio has ten seconds or less; else stretches without gaps, each as
            long as label and certainty last, their probabilities the mean over ``hops``, weighted
            by duration.
        hops: one a hop of the bundle's windows, as a stream gives them, before equal neighbours are
            joined to ``segments``.
        duration_s: of the recording, in seconds.
    """

    label: str
    probabilities: dict[str, float]
    uncertain: bool
    speech: float
    segments: tuple[Segment, ...]
    hops: tuple[Segment, ...]
    duration_s: float


def segment(
    start_s: float, end_s: float, row: npt.NDArray[np.float32], speech: float, bundle: Bundle
) -> Segment:
    """Tell what probabilities mean to a bundle.

    Args:
        start_s: seconds from the beginning of the recording.
        end_s: seconds.
        row: probabilities, shape ``(n_classes,)``.
        speech: share of the time in which somebody speaks; 0 where nobody does, to 1.
        bundle: names the labels and the threshold.
    """
    probabilities = dict(zip(bundle.labels, row.tolist(), strict=True))
    if speech == 0:
        return Segment(start_s, end_s, NONE, probabilities, False, speech)
    label = bundle.labels[int(row.argmax())]
    uncertain = probabilities[label] < bundle.threshold
    return Segment(start_s, end_s, label, probabilities, uncertain, speech)


def record(segment: Segment) -> dict[str, Any]:
    """Give a segment as JSON has it: seconds and shares to 0.001, probabilities to 0.000001."""
    return {
        "start_s": round(segment.start_s, 3),
        "end_s": round(segment.end_s, 3),
        "label": segment.label,
        "probabilities": {label: round(p, 6) for label, p in segment.probabilities.items()},
        "uncertain": segment.uncertain,
        "speech": round(segment.speech, 3),
    }


def merged(hops: Sequence[Segment]) -> tuple[Segment, ...]:
    """Join neighbours of one label and one certainty; probabilities are weighted by duration.

    Args:
        hops: in their order, without gaps.
    """
    groups = groupby(hops, key=lambda hop: (hop.label, hop.uncertain))
    return tuple(_joined(list(group)) for _, group in groups)


def answer(hops: Sequence[Segment], bundle: Bundle) -> Answer:
    """Sum up what was said of a recording.

    Args:
        hops: one at least, in their order, without gaps.
        bundle: that said it.
    """
    spoken = [hop for hop in hops if hop.label != NONE]
    probabilities = _mean(spoken or hops)
    label = max(probabilities, key=probabilities.__getitem__)
    return Answer(
        label=label if spoken else NONE,
        probabilities=probabilities,
        uncertain=bool(spoken) and probabilities[label] < bundle.threshold,
        speech=_speech(hops),
        segments=merged(hops),
        hops=tuple(hops),
        duration_s=hops[-1].end_s,
    )


def _joined(hops: Sequence[Segment]) -> Segment:
    return replace(hops[0], end_s=hops[-1].end_s, probabilities=_mean(hops), speech=_speech(hops))


def _mean(hops: Sequence[Segment]) -> dict[str, float]:
    """Average probabilities, weighted by duration; of a single segment they are its own."""
    if len(hops) == 1:
        return dict(hops[0].probabilities)
    rows = np.array([list(hop.probabilities.values()) for hop in hops])
    mean = np.average(rows, axis=0, weights=_durations(hops))
    return dict(zip(hops[0].probabilities, mean.tolist(), strict=True))


def _speech(hops: Sequence[Segment]) -> float:
    if len(hops) == 1:
        return hops[0].speech
    return float(np.average([hop.speech for hop in hops], weights=_durations(hops)))


def _durations(hops: Sequence[Segment]) -> list[float]:
    return [hop.end_s - hop.start_s for hop in hops]
