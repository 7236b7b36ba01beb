"""Figures of UAR and time against what they cost."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from lightspeech.evaluation.compression import Chain
from lightspeech.evaluation.frontier import Point, best
from lightspeech.evaluation.pruning import Curve
from lightspeech.evaluation.trial import Row
from lightspeech.reporting import _names
from lightspeech.reporting._canvas import ACCENT, QUIET, THIRD, WARNING, Drawing, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

Dot = tuple[float, float]
"""Cost, and UAR in percent."""
COSTS = {"size_bytes": "size of the model", "macs": "multiply-accumulates a window"}
"""What a frontier is drawn against, by the name of the point's attribute."""
UNITS = {"size_bytes": "B", "macs": ""}
FEW_POINTS = 10
"""Where the UARs of a picture span less, in percent, chance may order them: intervals are drawn."""
BESIDE = 5.0
"""What has an interval and the cost of another is drawn beside it, 1/72 inch."""
KINDS: dict[str, tuple[Callable[[Point], bool], dict[str, Any]]] = {
    "measured here, floats": (
        lambda point: point.ours and not point.is_int8,
        {"marker": "o", "s": 24, "color": ACCENT},
    ),
    "measured here, int8": (
        lambda point: point.ours and point.is_int8,
        {"marker": "D", "s": 46, "facecolor": "none", "edgecolor": ACCENT, "linewidth": 1.2},
    ),
    "published by others": (
        lambda point: not point.ours,
        {"marker": "^", "s": 32, "color": QUIET, "alpha": 0.8, "linewidth": 0},
    ),
}
"""Who is drawn how; a dot inside a diamond is two models at one place."""
CURVES = ((ACCENT, "o"), (WARNING, "s"), (THIRD, "^"))


def chain(measured_chain: Chain) -> Drawing:
    """Draw the UAR of each step of a chain against the size of its model, with intervals."""
    steps = measured_chain.steps
    dots = [(float(step.size_bytes), 100 * step.uar.mean) for step in steps]
    with figure(5.4, 3.4) as picture:
        axes = _against(picture.subplots(), dots, "size_bytes")
        dots = _intervals(axes, dots, [step.uar.ci95 for step in steps])
        costs, uars = zip(*dots, strict=True)
        axes.plot(costs, uars, color=QUIET, linewidth=0.9)
        axes.scatter(costs, uars, s=24, color=ACCENT, zorder=3)
        picture.draw_without_rendering()  # settles where things are
        _names.write(axes, [step.name for step in steps], dots, _lines(axes))
        return Drawing(picture, "chain", "UAR of each step against the size of its model")


def pruning(curves: Sequence[Curve]) -> Drawing:
    """Draw UAR against multiplications and bytes as more and more of networks is pruned."""
    with figure(9, 3.8) as picture:
        panels = dict(zip(("macs", "size_bytes"), picture.subplots(1, 2, sharey=True), strict=True))
        for cost, axes in panels.items():
            for number, curve in enumerate(curves):
                color, marker = CURVES[number % len(CURVES)]
                dots = _of_curve(curve, cost)
                axes.plot(*zip(*dots, strict=True), color=color, marker=marker, markersize=4)
                axes.scatter([dots[0][0]], [dots[0][1]], s=70, facecolor="none", edgecolor=color)
            _by_factors(axes, COSTS[cost], UNITS[cost])
            axes.grid()
        panels["macs"].set(ylabel="UAR, percent")
        picture.suptitle("ringed: whole; along each line more and more is pruned", fontsize=9)
        picture.draw_without_rendering()
        for cost, axes in panels.items():
            whole = [_of_curve(curve, cost)[0] for curve in curves]
            _names.write(axes, [curve.model for curve in curves], whole, _lines(axes))
        says = "UAR against multiplications and bytes of pruned networks"
        return Drawing(picture, "pruning", says)


def _of_curve(curve: Curve, cost: str) -> list[Dot]:
    return [(float(getattr(point, cost)), 100 * point.uar) for point in curve.points]


def benchmark(rows: Sequence[Row]) -> Drawing:
    """Draw time and size of each model in each format, a dot a row, those that failed left out.

    Args:
        rows: of one benchmark, at least one of them timed.
    """
    timed = {f"{row.model} {row.format}": row for row in rows if row.latency is not None}
    seconds = [row.latency.work_ms / 1000 for row in timed.values() if row.latency is not None]
    sizes = [float(row.size_bytes or 0) for row in timed.values()]
    panels = (
        (seconds, "processor time, waveform of a window to answer", "s"),
        (sizes, COSTS["size_bytes"], UNITS["size_bytes"]),
    )
    with figure(9, 0.9 + 0.24 * len(timed)) as picture:
        both = picture.subplots(1, 2, sharey=True)
        for axes, (costs, label, unit) in zip(both, panels, strict=True):
            axes.scatter(costs, list(timed), s=28, color=ACCENT, zorder=3)
            _by_factors(axes, label, unit)
            axes.set_ylim(len(timed) - 0.4, -0.6)
            axes.grid()
        return Drawing(picture, "benchmark", "Processor time and size of models in many formats")


def frontier(points: Sequence[Point], cost: str, title: str) -> Drawing:
    """Draw UAR against a cost; a line joins the points that no other beats at that cost or less.

    Args:
        points: of one corpus and set of classes.
        cost: one of `COSTS`; points of which it is not known are left out.
        title: what they have in common.
    """
    shown = [point for point in points if getattr(point, cost) is not None]
    dots = [(float(getattr(point, cost)), 100 * point.uar) for point in shown]
    uars = [uar for _, uar in dots]
    edge = [dots[i] for i in best([int(cost) for cost, _ in dots], uars)]
    with figure(8.6, 4.6) as picture:
        axes = _against(picture.subplots(), dots, cost)
        if max(uars) - min(uars) < FEW_POINTS:
            dots = _intervals(axes, dots, [point.ci95 for point in shown])
        _dots(axes, shown, dots)
        better = "smaller" if cost == "size_bytes" else "cheaper"
        costs, heights = zip(*_stairs(edge), strict=True)
        axes.plot(costs, heights, color=QUIET, linewidth=0.9, label=f"nothing {better} is better")
        axes.set(title=title)
        axes.legend(loc="upper left", fontsize=8, frameon=True, framealpha=1, edgecolor="none")
        picture.draw_without_rendering()
        _names.write(axes, [point.system for point in shown], dots, _lines(axes))
        return Drawing(picture, f"frontier {title} {cost}", f"UAR against {COSTS[cost]}, {title}")


def _stairs(edge: Sequence[Dot]) -> list[Dot]:
    """Go from dot to dot along the cost, then up."""
    corners = [(after[0], before[1]) for before, after in pairwise(edge)]
    return sorted([*edge, *corners])


def _dots(axes: "Axes", points: Sequence[Point], dots: Sequence[Dot]) -> None:
    for label, (is_kind, look) in KINDS.items():
        own = [dot for point, dot in zip(points, dots, strict=True) if is_kind(point)]
        if own:
            axes.scatter(*zip(*own, strict=True), zorder=3, label=label, **look)


def _intervals(
    axes: "Axes", dots: Sequence[Dot], intervals: Sequence[tuple[float, float] | None]
) -> list[Dot]:
    """Draw intervals by speaker, those of one cost side by side; give where their dots belong."""
    places = _beside(axes, dots)
    known = [(cost, ci) for (cost, _), ci in zip(places, intervals, strict=True) if ci is not None]
    for number, (cost, (low, high)) in enumerate(known):
        label = "_" if number else "95 % interval by speaker"  # once in the legend
        ends = [100 * low, 100 * high]
        axes.plot([cost, cost], ends, color=ACCENT, alpha=0.5, linewidth=1.2, label=label)
    return places


def _beside(axes: "Axes", dots: Sequence[Dot]) -> list[Dot]:
    """Move dots to the side of others that stand at the same cost."""
    picture = axes.get_figure(root=True)
    assert picture is not None
    picture.draw_without_rendering()
    pixels, step = axes.transData.transform(dots), BESIDE * picture.dpi / 72
    taken: list[float] = []
    for x, _ in pixels:
        sides = (x + side * step for side in (0, 1, -1, 2, -2, 3, -3))
        taken.append(next(s for s in sides if all(abs(s - t) > 0.9 * step for t in taken)))
    back = axes.transData.inverted().transform(list(zip(taken, pixels[:, 1], strict=True)))
    return [(float(cost), uar) for (cost, _), (_, uar) in zip(back, dots, strict=True)]


def _lines(axes: "Axes") -> list["Path"]:
    """Give the lines that are drawn, but for the grid, in pixels."""
    return [line.get_transform().transform_path(line.get_path()) for line in axes.lines]


def _against(axes: "Axes", dots: Sequence[Dot], cost: str) -> "Axes":
    """Lay axes out for dots of UAR against a cost."""
    axes.scatter(*zip(*dots, strict=True), alpha=0)
    _by_factors(axes, COSTS[cost], UNITS[cost])
    axes.set(ylabel="UAR, percent", xlim=axes.get_xlim())
    axes.grid()
    return axes


def _by_factors(axes: "Axes", label: str, unit: str) -> None:
    """Lay costs, already drawn, out by factors; usual labels of such an axis would be formulas."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    axes.set(xscale="log", xlabel=label)
    axes.margins(x=0.25, y=0.12)  # names stand beside the dots
    low, high = axes.get_xlim()
    within = (1, 1.5, 2, 3, 5, 7) if high < 20 * low else (1,)  # else no power of ten may be seen
    axes.xaxis.set_major_locator(LogLocator(subs=within))
    axes.xaxis.set_major_formatter(EngFormatter(unit))
    axes.xaxis.set_minor_formatter(NullFormatter())
