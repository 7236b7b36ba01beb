"""How much of each cue a compressed model kept: its effects in units of its teacher's."""

from collections.abc import Sequence

import numpy as np

from lightspeech.config import config
from lightspeech.explain.by_speaker import Effects
from lightspeech.explain.reliance import ALL, DIGITS, Reliance, rows_of_cues
from lightspeech.metrics import Floats


@config
class Retained:
    """Share of a teacher's effects of one cue that a system shows too."""

    system: str
    cue: str
    emotion: str
    share: float
    """Over all edits of the cue, the system's effects projected onto the teacher's: 1 keeps the
    cue, 0 lost it, below 0 turned it round, above 1 leans on it more."""
    ci95: tuple[float, float] | None
    """By speaker."""
    of_step: float | None = None
    """From the system before; null for the first."""
    of_step_ci95: tuple[float, float] | None = None

    @property
    def is_lost(self) -> bool:
        """Whether it certainly kept less than all."""
        return self.ci95 is not None and self.ci95[1] < 1

    @property
    def is_more(self) -> bool:
        """Whether it certainly leans on the cue more than its teacher."""
        return self.ci95 is not None and self.ci95[0] > 1

    @property
    def is_cost_of_step(self) -> bool:
        """Whether the step certainly took some of it."""
        return self.of_step_ci95 is not None and self.of_step_ci95[1] < 0


def retained(
    labels: Sequence[str],
    teacher: tuple[Effects, Sequence[Reliance]],
    systems: dict[str, Effects],
) -> tuple[Retained, ...]:
    """Compare systems with their teacher, cue by cue, where that certainly relies on the cue.

    Args:
        labels: classes, in order.
        teacher: its effects and reliances.
        systems: effects of each, in the order of the steps; the same speakers were drawn of all.
    """
    of_teacher, reliances = teacher
    places = {emotion: place for place, emotion in enumerate((*labels, ALL))}
    rows = dict(rows_of_cues())
    return tuple(
        one
        for relied in reliances
        if relied.effect
        for one in _of_cue(relied, of_teacher, systems, rows[relied.cue], places[relied.emotion])
    )


def _of_cue(
    relied: Reliance, teacher: Effects, systems: dict[str, Effects], rows: list[int], place: int
) -> list[Retained]:
    found: list[Retained] = []
    before: tuple[Floats, Floats] | None = None
    for name, effects in systems.items():
        share = _share(effects.mean[rows, place], teacher.mean[rows, place])
        drawn = _share(effects.drawn[:, rows, place], teacher.drawn[:, rows, place])
        found.append(
            Retained(
                system=name,
                cue=relied.cue,
                emotion=relied.emotion,
                share=round(float(share), DIGITS),
                ci95=_interval(drawn),
                of_step=None if before is None else round(float(share - before[0]), DIGITS),
                of_step_ci95=None if before is None else _interval(drawn - before[1]),
            )
        )
        before = share, drawn
    return found


def _share(of_system: Floats, of_teacher: Floats) -> Floats:
    """Least-squares factor from the teacher's effects to the system's, over the last axis."""
    there = ~np.isnan(of_system) & ~np.isnan(of_teacher)
    s, t = (np.where(there, x, 0.0) for x in (of_system, of_teacher))
    share: Floats = (s * t).sum(-1) / np.maximum((t * t).sum(-1), 1e-12)
    return share


def _interval(drawn: Floats) -> tuple[float, float] | None:
    if not len(drawn):
        return None
    low, high = np.quantile(drawn, [0.025, 0.975])
    return round(float(low), DIGITS), round(float(high), DIGITS)
