"""Which cues a model's answers rest on: what each edit does to each emotion, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from lightspeech import metrics
from lightspeech.audio.cues import catalogue
from lightspeech.config import config
from lightspeech.explain import by_speaker
from lightspeech.explain.by_speaker import Effects
from lightspeech.explain.hearing import EDITS
from lightspeech.metrics import Floats

ALL = "all"
"""In place of an emotion: the mean over emotions, each counting alike."""
DIGITS = 4
SMALLEST = 0.01
"""Of an effect that counts: a point of probability, however certain it is."""


@dataclass(frozen=True, eq=False)
class Answered:
    """What one system said of all recordings, see `hearing.Heard`.

    Attributes:
        labels: its classes.
        changes: shape ``(recordings, edits, n_classes)``.
        flipped: shape ``(recordings, edits)``.
        truth: class of each recording, shape ``(recordings,)``.
        speakers: of each recording, shape ``(recordings,)``.
    """

    labels: tuple[str, ...]
    changes: Floats
    flipped: Floats
    truth: npt.NDArray[np.int64]
    speakers: npt.NDArray[np.str_]

    def effects(self) -> Effects:
        """Change of the probability of the right emotion, by edit and emotion.

        Returns:
            Effects of shape ``(edits, n_classes + 1)``; the last are those of `ALL`.
        """
        rows = np.arange(len(self.truth))
        return self._by_emotion(self.changes[rows, :, self.truth])

    def flips(self) -> Floats:
        """Share of answers that became other ones, of shape ``(edits, n_classes + 1)`` too."""
        return self._by_emotion(self.flipped).mean

    def _by_emotion(self, values: Floats) -> Effects:
        """Sum values of shape ``(recordings, edits)`` up over the recordings of each emotion."""
        rows = np.arange(len(self.truth))
        by_emotion = np.full((*values.shape, len(self.labels)), np.nan)
        by_emotion[rows, :, self.truth] = values
        found = by_speaker.effects(by_emotion, self.speakers)
        return Effects(_with_all(found.mean), _with_all(found.drawn))


def _with_all(by_emotion: Floats) -> Floats:
    everything = metrics.mean_present(by_emotion)[..., None]
    return np.concatenate([by_emotion, everything], axis=-1)


@config
class Effect:
    """Change of the probability of an emotion, on recordings of it."""

    change: float
    """Edit minus copy, −1 to 1; mean over speakers."""
    ci95: tuple[float, float] | None = None
    """By speaker; null for one speaker."""
    flipped: float | None = None
    """Share of the answers to them that became other ones; null in files of before."""

    @property
    def is_certain(self) -> bool:
        """Whether the interval excludes zero."""
        return self.ci95 is not None and (self.ci95[0] > 0 or self.ci95[1] < 0)


@config
class Edited:
    """What one edit did to the answers of one system."""

    cue: str
    amount: float
    unit: str
    n: int
    """Recordings that it could be made of; others are too short, have no pitch or would clip."""
    flipped: float
    """Share of answers that became other ones."""
    emotions: dict[str, Effect]
    """By emotion, and of `ALL`."""


@config
class Reliance:
    """How far answers rest on a cue: the largest effect among its edits that is certain."""

    cue: str
    emotion: str
    effect: float
    """Of the strongest edit; 0 where none is certain, all edits of the cue taken together, or where
    resynthesis alone does as much."""
    amount: float | None = None
    """Of that edit."""
    flipped: float = 0.0
    """Share of all answers that it changes."""


def edited(answered: Answered, effects: Effects) -> tuple[Edited, ...]:
    """Tell what each edit did.

    Args:
        answered: by one system.
        effects: of it.
    """
    flipped = by_speaker.effects(answered.flipped, answered.speakers).mean
    of_emotion = answered.flips()
    n = (~np.isnan(answered.flipped)).sum(0)
    bounds = effects.interval()
    return tuple(
        Edited(
            cue=edit.cue,
            amount=edit.amount,
            unit=edit.unit,
            n=int(n[row]),
            flipped=_rounded(flipped[row]),
            emotions={
                emotion: Effect(
                    change=_rounded(effects.mean[row, place]),
                    ci95=None
                    if bounds is None
                    else (_rounded(bounds[0][row, place]), _rounded(bounds[1][row, place])),
                    flipped=_rounded(of_emotion[row, place]),
                )
                for place, emotion in enumerate((*answered.labels, ALL))
                if not np.isnan(effects.mean[row, place])
            },
        )
        for row, edit in enumerate(EDITS)
        if n[row]
    )


def reliances(
    labels: Sequence[str], effects: Effects, edits: Sequence[Edited]
) -> tuple[Reliance, ...]:
    """Sum the edits of each cue up; several edits of one cue are several chances of an effect.

    Args:
        labels: classes, in order.
        effects: of one system.
        edits: by `edited`, of it.
    """
    flipped = {(edit.cue, edit.amount): edit.flipped for edit in edits}
    found = []
    for cue, rows in rows_of_cues():
        bounds = effects.interval(1 - 0.05 / len(rows))
        for place, emotion in enumerate((*labels, ALL)):
            row = _strongest(effects.mean[:, place], bounds, rows, place)
            amount = None if row is None else EDITS[row].amount
            found.append(
                Reliance(
                    cue=cue,
                    emotion=emotion,
                    effect=0.0 if row is None else _rounded(effects.mean[row, place]),
                    amount=amount,
                    flipped=0.0 if amount is None else flipped[cue, amount],
                )
            )
    return tuple(found)


def rows_of_cues() -> list[tuple[str, list[int]]]:
    """List the cues, each with the places of its edits in `hearing.EDITS`."""
    places = [n for n, edit in enumerate(EDITS) if edit.cue in catalogue.CUES]
    grouped = groupby(places, key=lambda n: EDITS[n].cue)
    return [(cue, list(rows)) for cue, rows in grouped]


def _strongest(
    mean: Floats, bounds: tuple[Floats, Floats] | None, rows: Sequence[int], place: int
) -> int | None:
    """Find the edit with the largest effect among those that are certain."""
    if bounds is None:
        return None
    low, high = bounds[0][:, place], bounds[1][:, place]
    artefact = abs(mean[EDITS.index(catalogue.CONTROL)])
    certain = [
        row
        for row in rows
        if (low[row] > 0 or high[row] < 0)
        and abs(mean[row]) >= SMALLEST
        and not (EDITS[row].resynthesized and abs(mean[row]) <= artefact)
    ]
    return max(certain, key=lambda row: abs(mean[row]), default=None)


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)
