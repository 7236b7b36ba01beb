"""Curves of a chain: what happens to its answers the further a cue is moved."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lightspeech.explain.explanation import Explanation, System
from lightspeech.explain.reliance import ALL, Edited
from lightspeech.reporting._canvas import ACCENT, INK, QUIET, THIRD, WARNING, Drawing, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = (INK, ACCENT, WARNING, THIRD, "#cc79a7", "#e69f00", "#56b4e9", QUIET)
"""Of systems and emotions, ink first."""
PANEL = 1.35
"""Inches, of each side."""
Curve = Sequence[tuple[float, float]]
"""How far a cue is moved, and what that does in percent or points."""


def scales(system: System) -> dict[str, str]:
    """Name the cues that are moved by several amounts, each with its unit.

    Args:
        system: of any chain.
    """
    cues = [edit.cue for edit in system.edits]
    return {edit.cue: edit.unit for edit in system.edits if cues.count(edit.cue) > 1}


def changes(system: System, cue: str, emotion: str = ALL) -> Curve:
    """Change of the probability of an emotion by amounts of a cue, in points.

    Args:
        system: of a chain.
        cue: that is moved.
        emotion: on whose recordings; the mean over emotions if left out.
    """
    edits = [edit for edit in _of(system, cue) if emotion in edit.emotions]
    return [(edit.amount, 100 * edit.emotions[emotion].change) for edit in edits]


def flips(system: System, cue: str) -> Curve:
    """Share of the answers that become other ones by amounts of a cue, in percent.

    Args:
        system: of a chain.
        cue: that is moved.
    """
    return [(edit.amount, 100 * edit.flipped) for edit in _of(system, cue)]


def _of(system: System, cue: str) -> Iterator[Edited]:
    yield from sorted((e for e in system.edits if e.cue == cue), key=lambda edit: edit.amount)


def systems(explanation: Explanation) -> Drawing:
    """Draw the mean change over emotions, and below it other answers, a line a system.

    Args:
        explanation: of a chain.
    """
    cues = scales(explanation.systems[0])
    names = [system.name for system in explanation.systems]
    with figure(PANEL * len(cues), 2 * PANEL + 0.8) as picture:
        grid = picture.subplots(2, len(cues), sharex="col", sharey="row")
        for (cue, unit), (upper, lower) in zip(cues.items(), grid.T, strict=True):
            _lines(upper, [changes(system, cue) for system in explanation.systems])
            _lines(lower, [flips(system, cue) for system in explanation.systems])
            upper.set_title(cue, fontsize=8)
            lower.set_xlabel(unit, fontsize=8)
        grid[0, 0].set_ylabel("points")
        grid[1, 0].set_ylabel("other answers, %")
        handles = grid[0, 0].lines[: len(names)]
        picture.legend(handles, names, loc="outside lower center", ncols=len(names), fontsize=8)
        return Drawing(picture, "cues", "Change of the right emotion by how far cues are moved")


def emotions(explanation: Explanation) -> Drawing:
    """Draw the change of each emotion, of the first system above and of the last below.

    Args:
        explanation: of a chain.
    """
    cues, told = scales(explanation.systems[0]), _ends(explanation)
    with figure(PANEL * len(cues), PANEL * len(told) + 0.8) as picture:
        grid = picture.subplots(len(told), len(cues), sharex="col", sharey=True, squeeze=False)
        for system, row in zip(told, grid, strict=True):
            for cue, axes in zip(cues, row, strict=True):
                _lines(axes, [changes(system, cue, each) for each in explanation.labels])
            row[0].set_ylabel(system.name, fontsize=7)
        for (cue, unit), upper, lower in zip(cues.items(), grid[0], grid[-1], strict=True):
            upper.set_title(cue, fontsize=8)
            lower.set_xlabel(unit, fontsize=8)
        handles = grid[0, 0].lines[: len(explanation.labels)]
        picture.legend(handles, explanation.labels, loc="outside lower center", ncols=8, fontsize=8)
        return Drawing(picture, "emotions", "Change of each emotion by how far cues are moved")


def _ends(explanation: Explanation) -> Sequence[System]:
    first, *_, last = (*explanation.systems[:1], *explanation.systems)
    return [first] if first is last else [first, last]


def _lines(axes: "Axes", curves: Sequence[Curve]) -> None:
    for number, curve in enumerate(curves):
        color = COLORS[number % len(COLORS)]
        xs, ys = ([dot[side] for dot in curve] for side in range(2))
        axes.plot(xs, ys, color=color, linewidth=1.2)
    axes.axhline(0, color=QUIET, linewidth=0.6, zorder=0)
    axes.tick_params(labelsize=7)
    axes.locator_params(nbins=3)


def words_of_systems(explanation: Explanation) -> str:
    """Say every figure of the drawing of systems.

    Args:
        explanation: of a chain.
    """
    return "; ".join(
        f"{system.name}, {cue}: {_told(changes(system, cue), unit)} points, with other answers "
        f"{_told(flips(system, cue), unit)} percent"
        for system in explanation.systems
        for cue, unit in scales(system).items()
    )


def words_of_emotions(explanation: Explanation) -> str:
    """Say every figure of the drawing of emotions.

    Args:
        explanation: of a chain.
    """
    return "; ".join(
        f"{system.name}, {emotion}, {cue}: {_told(changes(system, cue, emotion), unit)} points"
        for system in _ends(explanation)
        for emotion in explanation.labels
        for cue, unit in scales(system).items()
    )


def _told(curve: Curve, unit: str) -> str:
    return ", ".join(f"{amount:g} {unit} {value:.1f}" for amount, value in curve)
