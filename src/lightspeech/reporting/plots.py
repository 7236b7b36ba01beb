"""Figures as inline SVG: vector, readable by the colour-blind, at home on light and dark pages.

Needs the ``report`` extra. Every function gives the text of one ``<svg>`` element. Ink takes the
colour of the surrounding text, the background is left out.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from lightspeech import metrics
from lightspeech.errors import MissingExtra
from lightspeech.evaluation.benchmark import Row
from lightspeech.evaluation.compression import Chain
from lightspeech.evaluation.frontier import Point, best
from lightspeech.evaluation.pruning import Curve
from lightspeech.evaluation.results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACCENT, WARNING, QUIET = "#3a7fc4", "#d55e00", "#8c8c8c"
"""Blue and vermilion stay apart for every kind of colour blindness (Okabe & Ito 2008)."""
COSTS = {"size_bytes": "size of the model, bytes", "macs": "multiply-accumulates a window"}
"""What a frontier is drawn against, by the name of the point's attribute."""
BESIDE = [
    *((5, 2), (6, 0), (-6, 0), (-5, 2), (5, -3), (-5, -3), (0, 6), (0, -6), (5, 6), (-5, 6)),
    *((9, 14), (9, -14), (-9, 14), (-9, -14), (9, 24), (9, -24), (-9, 24), (-9, -24)),
]
"""Where the name of a dot may stand, in points to the right and up, best first."""
INK = "#010203"
"""Stands for the colour of the page's text and is replaced by it in `_svg`."""
SCHEME = (
    "<style>svg { color: #1f2328 } text { font-family: system-ui, sans-serif !important } "
    "@media (prefers-color-scheme: dark) { svg { color: #f0f6fc } }</style>"
)
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "grid.color": QUIET,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "text.parse_math": False,  # a label with a dollar sign is no formula
}


@contextmanager
def _figure(name: str, width: float, height: float) -> Iterator["Figure"]:
    """Make a figure of a size in inches, in the style of all figures."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("a report", "report") from None
    # The salt makes ids equal from run to run and different from figure to figure of a page.
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": name}):
        yield Figure(figsize=(width, height), layout="constrained")


def _svg(figure: "Figure", says: str) -> str:
    text = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(text, format="svg", transparent=True, metadata=nothing)
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{says}" ', 1)


def standalone(svg: str, words: str) -> str:
    """Make a figure a file of its own: ink for light and dark pages, and its figures in words.

    Args:
        svg: from one of the functions here.
        words: all that it shows, for those who cannot see it, and to tell whether it is stale.
    """
    return svg.replace(">", f">\n{SCHEME}\n{described(words)}", 1)


def described(words: str) -> str:
    """Write the words of a figure as SVG holds them."""
    return f"<desc>{escape(words)}</desc>"


def confusion(results: Results) -> str:
    """Draw the share of each answer among the utterances of each class."""
    counts = np.array(results.confusion, float)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    n = len(results.labels)
    with _figure("confusion", 5.6, 4.9) as figure:
        axes = figure.subplots()
        for row, column in np.ndindex(n, n):
            _cell(axes, column, row, shares[row, column])
        axes.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5), aspect="equal")
        axes.set_xticks(range(n), results.labels, rotation=40, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(n), results.labels)
        axes.set(xlabel="answered", ylabel="truth")
        axes.spines[:].set_visible(False)
        return _svg(figure, "Confusion matrix in percent of each class")


def _cell(axes: "Axes", column: int, row: int, share: float) -> None:
    from matplotlib.patches import Rectangle

    tint = (*_rgb(ACCENT), 0.05 + 0.95 * share)
    axes.add_patch(Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, facecolor=tint, linewidth=0))
    if share >= 0.005:
        weight = "bold" if row == column else "normal"
        axes.text(column, row, f"{100 * share:.0f}", ha="center", va="center", weight=weight)


def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def recalls(results: Results) -> str:
    """Draw the recall of each class, in the order of the labels."""
    named = {label: recall or 0.0 for label, recall in results.per_class_recall.items()}
    with _figure("recalls", 4.2, 4.9) as figure:
        _bars(figure.subplots(), named, 1 / len(named), marked=min(named, key=lambda k: named[k]))
        return _svg(figure, "Recall of each class in percent")


def speakers(results: Results) -> str:
    """Draw the UAR of each speaker, best first, the worst marked, the interval behind them."""
    named = dict(sorted(results.per_speaker.items(), key=lambda item: -item[1]))
    with _figure("speakers", 9, 0.9 + 0.2 * len(named)) as figure:
        axes = figure.subplots()
        if results.uar.ci95 is not None:
            low, high = (100 * bound for bound in results.uar.ci95)
            axes.axvspan(low, high, color=QUIET, alpha=0.18, linewidth=0)
        axes.axvline(100 * results.uar.mean, color=INK, linewidth=0.9)
        _bars(axes, named, 1 / len(results.labels), marked=results.worst_speaker)
        return _svg(figure, "UAR of each speaker in percent")


def _bars(axes: "Axes", named: dict[str, float], chance: float, *, marked: str) -> None:
    rates = [100 * rate for rate in named.values()]
    colors = [WARNING if name == marked else ACCENT for name in named]
    axes.barh(list(named), rates, color=colors, height=0.68)
    for row, rate in enumerate(rates):
        axes.text(106, row, f"{rate:.0f}", ha="right", va="center")
    axes.axvline(100 * chance, color=QUIET, linewidth=0.9, linestyle=(0, (2, 2)))
    axes.set(xlim=(0, 106), xticks=range(0, 101, 25), xlabel="percent (dotted: chance)")
    axes.set_ylim(len(named) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)


def chain(made: Chain) -> str:
    """Draw the UAR of each step of a chain against the size of its model, with intervals."""
    with _figure("chain", 6.2, 3.6) as figure:
        axes = figure.subplots()
        sizes = [step.size_bytes for step in made.steps]
        means = [100 * step.uar.mean for step in made.steps]
        axes.plot(sizes, means, color=QUIET, linewidth=0.9)
        axes.scatter(sizes, means, s=28, color=ACCENT, zorder=3)
        for step, size, mean in zip(made.steps, sizes, means, strict=True):
            if step.uar.ci95 is not None:
                low, high = (100 * bound for bound in step.uar.ci95)
                axes.vlines(size, low, high, color=ACCENT, linewidth=1.2)
            axes.annotate(step.name, (size, mean), (6, 4), textcoords="offset points")
        _cost_axis(axes, "size of the model, bytes")
        axes.set(ylabel="UAR, percent")
        axes.grid()
        return _svg(figure, "UAR of each step against the size of its model")


def pruning(curves: Sequence[Curve]) -> str:
    """Draw UAR against multiplications and bytes as more and more of networks is pruned."""
    with _figure("pruning", 9, 3.6) as figure:
        panels = (("macs", COSTS["macs"]), ("size_bytes", COSTS["size_bytes"]))
        for axes, (key, label) in zip(figure.subplots(1, 2), panels, strict=True):
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
        return _svg(figure, "UAR against multiplications and bytes of pruned networks")


def benchmark(rows: Sequence[Row]) -> str:
    """Draw time and size of each model in each format, a dot a row, those that failed left out.

    Args:
        rows: of one benchmark, at least one of them timed.
    """
    timed = {f"{row.model} {row.format}": row for row in rows if row.latency is not None}
    times = [row.latency.work_ms for row in timed.values() if row.latency is not None]
    sizes = [float(row.size_bytes or 0) for row in timed.values()]
    panels = ((times, "ms of a processor, waveform to answer"), (sizes, COSTS["size_bytes"]))
    with _figure("benchmark", 9, 0.9 + 0.24 * len(timed)) as figure:
        for axes, (costs, label) in zip(figure.subplots(1, 2, sharey=True), panels, strict=True):
            axes.scatter(costs, list(timed), s=28, color=ACCENT, zorder=3)
            _cost_axis(axes, label)
            axes.set_ylim(len(timed) - 0.4, -0.6)
            axes.grid()
        return _svg(figure, "Processor time and size of models in many formats")


def frontier(points: Sequence[Point], cost: str, title: str) -> str:
    """Draw UAR against a cost; a line joins the points that no other beats at that cost or less.

    Args:
        points: of one corpus and set of classes.
        cost: one of `COSTS`; points of which it is not known are left out.
        title: what they have in common.
    """
    known = [(point, getattr(point, cost), 100 * point.uar) for point in points]
    drawn, costs, uars = zip(*(one for one in known if one[1] is not None), strict=True)
    edge = best(costs, uars)
    with _figure(f"frontier {title} {cost}", 8.6, 4.6) as figure:
        axes = figure.subplots()
        corners = [costs[i] for i in edge], [uars[i] for i in edge]
        axes.plot(*corners, color=QUIET, linewidth=0.9, drawstyle="steps-post")
        colors = [ACCENT if point.ours else QUIET for point in drawn]
        axes.scatter(costs, uars, s=30, color=colors, zorder=3)
        _cost_axis(axes, COSTS[cost])
        others = "" if all(point.ours for point in drawn) else "; grey: published by others"
        axes.set(ylabel="UAR, percent", title=f"{title}{others}")
        axes.grid()
        figure.draw_without_rendering()  # settles where things are
        _name(axes, [point.system for point in drawn], list(zip(costs, uars, strict=True)))
        return _svg(figure, f"UAR against {COSTS[cost]}, {title}")


def _name(axes: "Axes", names: Sequence[str], places: Sequence[tuple[float, float]]) -> None:
    """Write each name beside its dot, where it covers no other name and no dot if it can be."""
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

    line = {"arrowstyle": "-", "color": QUIET, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 4}
    taken = [Bbox.from_bounds(x - 4, y - 4, 8, 8) for x, y in axes.transData.transform(places)]
    for name, place in zip(names, places, strict=True):
        said = axes.annotate(
            name, place, (0, 0), textcoords="offset points", fontsize=8, arrowprops=line
        )
        said.set_in_layout(False)
        for right, up in BESIDE:
            said.xyann = (right, up)
            said.set(
                horizontalalignment="left" if right > 0 else "right" if right < 0 else "center",
                verticalalignment="bottom" if up > 0 else "top" if up < 0 else "center",
            )
            said.get_window_extent()  # moves the text there
            box = Text.get_window_extent(said)  # without its line
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


def calibration(probabilities: npt.NDArray[np.float32], truth: npt.NDArray[np.int64]) -> str:
    """Draw accuracy against confidence; the area of a dot is its share of the utterances.

    Args:
        probabilities: of all runs together, shape ``(n, n_classes)``.
        truth: class indices, shape ``(n,)``.
    """
    share, confidence, accuracy = 100 * np.array(metrics.reliability(probabilities, truth))
    with _figure("calibration", 4.2, 3.9) as figure:
        axes = figure.subplots()
        axes.plot([0, 100], [0, 100], color=QUIET, linewidth=0.9, linestyle=(0, (2, 2)))
        axes.vlines(confidence, confidence, accuracy, color=QUIET, linewidth=0.9)
        axes.scatter(confidence, accuracy, s=2 + 10 * share, color=ACCENT, zorder=3, clip_on=False)
        axes.set(xlim=(0, 100), ylim=(0, 100), aspect="equal")
        axes.set(xlabel="confidence, percent", ylabel="right answers, percent")
        axes.grid()
        return _svg(figure, "Share of right answers against confidence")


def curves(histories: Sequence[Sequence[dict[str, Any]]]) -> str:
    """Draw loss and UAR on the selection set, a thin line a run and their mean.

    The mean ends where the first run stops: after that it would compare different runs.
    """
    shortest = min(len(history) for history in histories)
    with _figure("curves", 9, 3.2) as figure:
        panels = (("loss", 1, "training loss"), ("selection_uar", 100, "selection UAR, percent"))
        for axes, (key, scale, label) in zip(figure.subplots(1, 2), panels, strict=True):
            lines = [[scale * epoch[key] for epoch in history] for history in histories]
            for line in lines:
                axes.plot(range(1, len(line) + 1), line, color=ACCENT, alpha=0.25, linewidth=0.8)
            mean = np.mean([line[:shortest] for line in lines], axis=0)
            axes.plot(range(1, shortest + 1), mean, color=ACCENT, linewidth=1.8)
            axes.set(xlabel="epoch", ylabel=label)
            axes.grid()
        return _svg(figure, "Training loss and selection UAR by epoch")


def spectrogram(frames: npt.ArrayLike, hop_s: float) -> str:
    """Draw log-mel frames over time.

    Args:
        frames: shape ``(frames, mel bands)``.
        hop_s: seconds from frame to frame.
    """
    image = np.asarray(frames, float).T
    end = image.shape[1] * hop_s
    with _figure("spectrogram", 9, 2.6) as figure:
        axes = figure.subplots()
        box = (0, end, 0, image.shape[0])
        axes.imshow(image, origin="lower", aspect="auto", cmap="cividis", extent=box)
        axes.set(xlabel="seconds", ylabel="mel band")
        return _svg(figure, "Log-mel spectrogram of one utterance")
