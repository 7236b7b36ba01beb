"""What is told of a recording: labels, probabilities, and whether the model is sure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.bundle import Bundle
from lightspeech.inference import activation

NONE = "none"
"""The label where nobody speaks."""
RATED = "rated"
"""The label of a model that tells ratings in place of classes, where somebody speaks."""
LEAST_SHARE = 0.4
"""Share of speech below which an answer is uncertain: less is rather music that the gate let in."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of audio and what the model says of it.

    Attributes:
        start_s: seconds from the beginning of the recording.
        end_s: seconds; the next segment starts there.
        label: the likeliest one, or ``none`` where nobody speaks.
        probabilities: of each label, 0 to 1, in the order of the bundle's labels; what they are
            where nobody speaks means nothing.
        uncertain: somebody speaks, and the likeliest label is below its threshold of the bundle, or
            ``speech`` below `LEAST_SHARE`; never with ratings.
        speech: share of the time in which somebody speaks, 0 to 1.
        ratings: on the bundle's scale, where it tells such in place of classes, and no
            probabilities.
    """

    start_s: float
    end_s: float
    label: str
    probabilities: dict[str, float]
    uncertain: bool
    speech: float
    ratings: dict[str, float] = field(default_factory=dict)

    @property
    def activation(self) -> float | None:
        """Probability of high activation, 0 to 1; None of classes it is not known of."""
        return activation.of(self.probabilities)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says of a recording.

    Attributes:
        label: the likeliest one, or ``none`` where nobody speaks.
        probabilities: of each label, 0 to 1, in the order of the bundle's labels. Up to ten seconds
            they are the mean over windows, as all figures are measured; of longer audio the mean
            over the ``segments`` in which somebody speaks, weighted by their duration.
        uncertain: somebody speaks, and the likeliest label is below its threshold of the bundle, or
            the speech of the hops with some below `LEAST_SHARE`; never with ratings.
        speech: share of the time in which somebody speaks, 0 to 1.
        segments: one, where the audio has ten seconds or less; else stretches without gaps, each as
            long as label and certainty last, their probabilities the mean over ``hops``, weighted
            by duration.
        hops: one a hop of the bundle's windows, as a stream gives them, before equal neighbours are
            joined to ``segments``.
        duration_s: of the recording, in seconds.
        ratings: on the bundle's scale, where it tells such in place of classes, averaged as
            probabilities are.
    """

    label: str
    probabilities: dict[str, float]
    uncertain: bool
    speech: float
    segments: tuple[Segment, ...]
    hops: tuple[Segment, ...]
    duration_s: float
    ratings: dict[str, float] = field(default_factory=dict)

    @property
    def activation(self) -> float | None:
        """Probability of high activation, 0 to 1; None of classes it is not known of."""
        return activation.of(self.probabilities)


def segment(
    start_s: float, end_s: float, row: npt.NDArray[np.float32], speech: float, bundle: Bundle
) -> Segment:
    """Tell what probabilities mean to a bundle.

    Args:
        start_s: seconds from the beginning of the recording.
        end_s: seconds.
        row: probabilities or ratings, shape ``(n_classes,)``.
        speech: share of the time in which somebody speaks; 0 where nobody does, to 1.
        bundle: names the labels and the thresholds.
    """
    probabilities = dict(zip(bundle.labels, row.tolist(), strict=True))
    if bundle.scale is not None:
        label = RATED if speech else NONE
        return Segment(start_s, end_s, label, {}, False, speech, probabilities)
    if speech == 0:
        return Segment(start_s, end_s, NONE, probabilities, False, speech)
    label = bundle.labels[int(row.argmax())]
    uncertain = _uncertain(probabilities, speech, bundle)
    return Segment(start_s, end_s, label, probabilities, uncertain, speech)


def record(segment: Segment) -> dict[str, Any]:
    """Give a segment as JSON has it: seconds and shares to 0.001, probabilities to 0.000001."""
    activated = segment.activation
    return {
        "start_s": round(segment.start_s, 3),
        "end_s": round(segment.end_s, 3),
        "label": segment.label,
        "probabilities": rounded(segment.probabilities),
        "uncertain": segment.uncertain,
        "speech": round(segment.speech, 3),
        **({} if activated is None else {"activation": round(activated, 6)}),
        **({"ratings": rounded(segment.ratings)} if segment.ratings else {}),
    }


def rounded(numbers: dict[str, float]) -> dict[str, float]:
    """Round to 0.000001.

    Args:
        numbers: by name.
    """
    return {name: round(number, 6) for name, number in numbers.items()}


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
    probabilities = _mean([hop.probabilities for hop in spoken or hops], spoken or hops)
    label = max(probabilities, key=probabilities.__getitem__, default=RATED)
    return Answer(
        label=label if spoken else NONE,
        probabilities=probabilities,
        uncertain=bool(spoken) and _uncertain(probabilities, _speech(spoken), bundle),
        speech=_speech(hops),
        segments=merged(hops),
        hops=tuple(hops),
        duration_s=hops[-1].end_s,
        ratings=_mean([hop.ratings for hop in spoken or hops], spoken or hops),
    )


def _uncertain(probabilities: dict[str, float], speech: float, bundle: Bundle) -> bool:
    """Tell whether what is said where somebody speaks is uncertain; ratings never are."""
    if bundle.scale is not None:
        return False
    label = max(probabilities, key=probabilities.__getitem__)
    limit = bundle.thresholds[bundle.labels.index(label)]
    return probabilities[label] < limit or speech < LEAST_SHARE


def _joined(hops: Sequence[Segment]) -> Segment:
    return replace(
        hops[0],
        end_s=hops[-1].end_s,
        probabilities=_mean([hop.probabilities for hop in hops], hops),
        speech=_speech(hops),
        ratings=_mean([hop.ratings for hop in hops], hops),
    )


def _mean(numbers: Sequence[dict[str, float]], hops: Sequence[Segment]) -> dict[str, float]:
    """Average numbers of segments, weighted by duration; of a single one they are its own."""
    if len(numbers) == 1 or not numbers[0]:
        return dict(numbers[0])
    rows = np.array([list(each.values()) for each in numbers])
    mean = np.average(rows, axis=0, weights=_durations(hops))
    return dict(zip(numbers[0], mean.tolist(), strict=True))


def _speech(hops: Sequence[Segment]) -> float:
    if len(hops) == 1:
        return hops[0].speech
    return float(np.average([hop.speech for hop in hops], weights=_durations(hops)))


def _durations(hops: Sequence[Segment]) -> list[float]:
    return [hop.end_s - hop.start_s for hop in hops]
