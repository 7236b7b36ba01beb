"""Figures of UAR and time against what they cost; each function gives one ``<svg>`` element."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lightspeech.evaluation.compression import Chain
from lightspeech.evaluation.frontier import Point, best
from lightspeech.evaluation.pruning import Curve
from lightspeech.evaluation.trial import Row
from lightspeech.reporting._canvas import ACCENT, QUIET, figure, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COSTS = {"size_bytes": "size of the model, bytes", "macs": "multiply-accumulates a window"}
"""What a frontier is drawn against, by the name of the point's attribute."""
LABEL_OFFSETS = [
    *((5, 2), (6, 0), (-6, 0), (-5, 2), (5, -3), (-5, -3), (0, 6), (0, -6), (5, 6), (-5, 6)),
    *((9, 14), (9, -14), (-9, 14), (-9, -14), (9, 24), (9, -24), (-9, 24), (-9, -24)),
]
"""Where the name of a dot may stand, in points to the right and up, best first."""


def chain(measured_chain: Chain) -> str:
    """Draw the UAR of each step of a chain against the size of its model, with intervals."""
    with figure("chain", 6.2, 3.6) as picture:
        axes = picture.subplots()
        sizes = [step.size_bytes for step in measured_chain.steps]
        means = [100 * step.uar.mean for step in measured_chain.steps]
        axes.plot(sizes, means, color=QUIET, linewidth=0.9)
        axes.scatter(sizes, means, s=28, color=ACCENT, zorder=3)
        for step, size, mean in zip(measured_chain.steps, sizes, means, strict=True):
            if step.uar.ci95 is not None:
                low, high = (100 * bound for bound in step.uar.ci95)
                axes.vlines(size, low, high, color=ACCENT, linewidth=1.2)
            axes.annotate(step.name, (size, mean), (6, 4), textcoords="offset points")
        _cost_axis(axes, "size of the model, bytes")
        axes.set(ylabel="UAR, percent")
        axes.grid()
        return svg(picture, "UAR of each step against the size of its model")


def pruning(curves: Sequence[Curve]) -> str:
    """Draw UAR against multiplications and bytes as more and more of networks is pruned."""
    with figure("pruning", 9, 3.6) as picture:
        panels = (("macs", COSTS["macs"]), ("size_bytes", COSTS["size_bytes"]))
        for axes, (key, label) in zip(picture.subplots(1, 2), panels, strict=True):
            for curve in curves:
                costs = [getattr(point, key) for point in curve.points]
                means = [100 * point.uar for point in curve.points]
                axes.plot(costs, means, color=ACCENT, marker="o", markersize=4, linewidth=1.2)
                axes.annotate(
                    curve.model, (costs[0], means[0]), (-4, 6), ha="right",
                    textcoords="offset points",
                )  # fmt: skip
            _cost_axis(axes, label)
            axes.set(ylabel="UAR, percent")
            axes.grid()
        return svg(picture, "UAR against multiplications and bytes of pruned networks")


def benchmark(rows: Sequence[Row]) -> str:
    """Draw time and size of each model in each format, a dot a row, those that failed left out.

    Args:
        rows: of one benchmark, at least one of them timed.
    """
    timed = {f"{row.model} {row.format}": row for row in rows if row.latency is not None}
    times = [row.latency.work_ms for row in timed.values() if row.latency is not None]
    sizes = [float(row.size_bytes or 0) for row in timed.values()]
    panels = ((times, "ms of a processor, waveform to answer"), (sizes, COSTS["size_bytes"]))
    with figure("benchmark", 9, 0.9 + 0.24 * len(timed)) as picture:
        for axes, (costs, label) in zip(picture.subplots(1, 2, sharey=True), panels, strict=True):
            axes.scatter(costs, list(timed), s=28, color=ACCENT, zorder=3)
            _cost_axis(axes, label)
            axes.set_ylim(len(timed) - 0.4, -0.6)
            axes.grid()
        return svg(picture, "Processor time and size of models in many formats")


def frontier(points: Sequence[Point], cost: str, title: str) -> str:
    """Draw UAR against a cost; a line joins the points that no other beats at that cost or less.

    Args:
        points: of one corpus and set of classes.
        cost: one of `COSTS`; points of which it is not known are left out.
        title: what they have in common.
    """
    known = [(point, getattr(point, cost), 100 * point.uar) for point in points]
    shown, costs, uars = zip(*(one for one in known if one[1] is not None), strict=True)
    edge = best(costs, uars)
    with figure(f"frontier {title} {cost}", 8.6, 4.6) as picture:
        axes = picture.subplots()
        corners = [costs[i] for i in edge], [uars[i] for i in edge]
        axes.plot(*corners, color=QUIET, linewidth=0.9, drawstyle="steps-post")
        colors = [ACCENT if point.ours else QUIET for point in shown]
        axes.scatter(costs, uars, s=30, color=colors, zorder=3)
        _cost_axis(axes, COSTS[cost])
        others = "" if all(point.ours for point in shown) else "; grey: published by others"
        axes.set(ylabel="UAR, percent", title=f"{title}{others}")
        axes.grid()
        picture.draw_without_rendering()  # settles where things are
        _name(axes, [point.system for point in shown], list(zip(costs, uars, strict=True)))
        return svg(picture, f"UAR against {COSTS[cost]}, {title}")


def _name(axes: "Axes", names: Sequence[str], places: Sequence[tuple[float, float]]) -> None:
    """Write each name beside its dot, where it covers no other name and no dot if it can be."""
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

    line = {"arrowstyle": "-", "color": QUIET, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 4}
    taken = [Bbox.from_bounds(x - 4, y - 4, 8, 8) for x, y in axes.transData.transform(places)]
    for name, place in zip(names, places, strict=True):
        label = axes.annotate(
            name, place, (0, 0), textcoords="offset points", fontsize=8, arrowprops=line
        )
        label.set_in_layout(False)
        for right, up in LABEL_OFFSETS:
            label.xyann = (right, up)
            label.set(
                horizontalalignment="left" if right > 0 else "right" if right < 0 else "center",
                verticalalignment="bottom" if up > 0 else "top" if up < 0 else "center",
            )
            label.get_window_extent()  # moves the text there
            box = Text.get_window_extent(label)  # without its line
            inside = axes.bbox.x0 < box.x0 and box.x1 < axes.bbox.x1
            if inside and not box.count_overlaps(taken):
                break
        taken.append(box)


def _cost_axis(axes: "Axes", label: str) -> None:
    """Lay costs, already drawn, out by factors; usual labels of such an axis would be formulas."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    axes.set(xscale="log", xlabel=label)
    axes.margins(x=0.25)  # names stand beside the dots
    low, high = axes.get_xlim()
    within = (1, 1.5, 2, 3, 5, 7) if high < 20 * low else (1,)  # else no power of ten may be seen
    axes.xaxis.set_major_locator(LogLocator(subs=within))
    axes.xaxis.set_major_formatter(EngFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
