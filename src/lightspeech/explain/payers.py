"""Who pays for a step: recordings whose answer changes over all seeds, and what they are like.

PIEs (pruning-identified exemplars, Hooker et al. 2019): the answer that most seeds give before a
step is another one than after it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from lightspeech import metrics
from lightspeech.config import config
from lightspeech.corpora.base import Utterance
from lightspeech.errors import CorpusError
from lightspeech.explain import by_speaker
from lightspeech.training.predictions import Predictions

DIGITS = 4
DRIFTS = 5
"""Confusions that grew most are told."""


@config
class Share:
    """Of recordings of a kind, those whose answer changed."""

    share: float
    ci95: tuple[float, float] | None
    """By speaker."""
    n: int


@config
class Drift:
    """A confusion that a step made more frequent."""

    truth: str
    answer: str
    before: float
    """Share of the recordings of that truth, mean over seeds."""
    after: float


@config
class Payers:
    """What a step did to single recordings."""

    step: str
    before: str
    changed: Share
    """Of all: PIEs."""
    got_worse: float
    """Share of all that were answered right before, and wrong after."""
    by_emotion: dict[str, Share]
    by_sex: dict[str, Share]
    longer_s: float
    """Mean duration of the PIEs minus that of the others."""
    calibration_before: float
    """Expected calibration error, 0 to 1, mean over seeds."""
    calibration_after: float
    drifts: tuple[Drift, ...]
    ids: tuple[str, ...]
    """Of the PIEs."""
    louder_db: float | None = None
    """Mean level of the PIEs minus that of the others; null where nobody measured it."""


def payers(
    names: tuple[str, str],
    before: Sequence[Predictions],
    after: Sequence[Predictions],
    utterances: Sequence[Utterance],
    levels: Mapping[str, float] = MappingProxyType({}),
) -> Payers:
    """Compare the answers before a step and after it.

    Args:
        names: of both systems.
        before: answers of all runs.
        after: of all runs of the step.
        utterances: that were tested.
        levels: of recordings by their ids, in dB, as far as they were measured.

    Raises:
        CorpusError: if they were not tested on the same recordings.
    """
    modal = [_modal(runs) for runs in (before, after)]
    if modal[0].keys() != modal[1].keys():
        raise CorpusError(
            f"{names[0]} and {names[1]} were not tested on the same recordings; name steps of one "
            "study"
        )
    tested = [u for u in utterances if u.id in modal[0]]
    truth = _truth(before)
    changed = np.array([modal[0][u.id] != modal[1][u.id] for u in tested])
    right = [np.array([m[u.id] == truth[u.id] for u in tested]) for m in modal]
    labels = before[0].labels
    length = np.array([u.duration_s for u in tested])
    level = np.array([levels.get(u.id, np.nan) for u in tested])
    heard = ~np.isnan(level)
    emotions = np.array([labels[truth[u.id]] for u in tested])
    speakers = np.array([u.speaker for u in tested])
    errors = [_calibration(runs) for runs in (before, after)]
    return Payers(
        step=names[1],
        before=names[0],
        changed=_share(changed, speakers),
        got_worse=round(float(np.mean(right[0] & ~right[1])), DIGITS),
        by_emotion=_by(emotions, changed, speakers),
        by_sex=_by(np.array([u.sex or "unknown" for u in tested]), changed, speakers),
        longer_s=_difference(length, changed),
        calibration_before=errors[0],
        calibration_after=errors[1],
        drifts=_drifts(before, after),
        ids=tuple(u.id for u, pie in zip(tested, changed, strict=True) if pie),
        louder_db=_difference(level[heard], changed[heard]) if heard.any() else None,
    )


def _modal(runs: Sequence[Predictions]) -> dict[str, int]:
    """The answer that most seeds give; of as many, the one with the highest sum."""
    votes: dict[str, np.ndarray] = {}
    for run in runs:
        for name, row in zip(run.ids, run.probabilities, strict=True):
            vote = np.eye(len(row))[row.argmax()] + row / 1_000
            votes[name] = votes.get(name, 0) + vote
    return {name: int(vote.argmax()) for name, vote in votes.items()}


def _truth(runs: Sequence[Predictions]) -> dict[str, int]:
    return {
        name: int(truth) for run in runs for name, truth in zip(run.ids, run.truth, strict=True)
    }


def _share(changed: np.ndarray, speakers: np.ndarray) -> Share:
    effects = by_speaker.effects(changed.astype(np.float64)[:, None], speakers)
    bounds = effects.interval()
    return Share(
        share=round(float(effects.mean[0]), DIGITS),
        ci95=None
        if bounds is None
        else (round(float(bounds[0][0]), DIGITS), round(float(bounds[1][0]), DIGITS)),
        n=len(changed),
    )


def _by(kinds: np.ndarray, changed: np.ndarray, speakers: np.ndarray) -> dict[str, Share]:
    return {
        str(kind): _share(changed[kinds == kind], speakers[kinds == kind])
        for kind in np.unique(kinds)
    }


def _difference(values: np.ndarray, changed: np.ndarray) -> float:
    if changed.all() or not changed.any():
        return 0.0
    return round(float(values[changed].mean() - values[~changed].mean()), DIGITS)


def _calibration(runs: Sequence[Predictions]) -> float:
    errors = [metrics.expected_calibration_error(run.probabilities, run.truth) for run in runs]
    return round(float(np.mean(errors)), DIGITS)


def _drifts(before: Sequence[Predictions], after: Sequence[Predictions]) -> tuple[Drift, ...]:
    labels = before[0].labels
    shares = [_confusion(runs) for runs in (before, after)]
    growth = Counter(
        {
            (row, column): float(shares[1][row, column] - shares[0][row, column])
            for row in range(len(labels))
            for column in range(len(labels))
            if row != column
        }
    )
    return tuple(
        Drift(
            truth=labels[row],
            answer=labels[column],
            before=round(float(shares[0][row, column]), DIGITS),
            after=round(float(shares[1][row, column]), DIGITS),
        )
        for (row, column), more in growth.most_common(DRIFTS)
        if more > 0
    )


def _confusion(runs: Sequence[Predictions]) -> np.ndarray:
    n_classes = len(runs[0].labels)
    counts = sum(
        metrics.confusion(run.truth, run.probabilities.argmax(1), n_classes) for run in runs
    )
    shares: np.ndarray = np.asarray(counts) / np.maximum(np.sum(counts, axis=1, keepdims=True), 1)
    return shares
