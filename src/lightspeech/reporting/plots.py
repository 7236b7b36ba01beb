"""Figures of a study."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lightspeech import metrics
from lightspeech.evaluation.results import Results
from lightspeech.reporting import transfer as matrix
from lightspeech.reporting._canvas import ACCENT, INK, QUIET, WARNING, Drawing, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Histories = Sequence[Sequence[dict[str, Any]]]
"""The epochs of each run, as ``history.jsonl`` has them."""


def confusion(results: Results) -> Drawing:
    """Draw the share of each answer among the utterances of each class."""
    counts = np.array(results.confusion, float)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    n = len(results.labels)
    with figure(4.6, 4.1) as picture:
        axes = picture.subplots()
        for row, column in np.ndindex(n, n):
            _cell(axes, column, row, shares[row, column])
        axes.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5), aspect="equal")
        axes.set_xticks(range(n), results.labels, rotation=40, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(n), results.labels)
        axes.set(xlabel="answered", ylabel="truth")
        axes.spines[:].set_visible(False)
        return Drawing(picture, "confusion", "Confusion matrix in percent of each class")


def transfer(results: Results) -> Drawing:
    """Draw how well each corpus is heard by what learnt from one other, darker above chance."""
    sources, targets = list(results.transfer), matrix.targets(results)
    chance = 1 / len(results.labels)
    with figure(1.6 + 0.75 * len(targets), 1.5 + 0.6 * len(sources)) as picture:
        axes = picture.subplots()
        for row, source in enumerate(sources):
            for column, target in enumerate(targets):
                if (uar := results.transfer[source].get(target)) is not None:
                    tint = min(max(uar - chance, 0) / (1 - chance), 1)
                    _cell(axes, column, row, tint, shown=uar)
        axes.set(xlim=(-0.5, len(targets) - 0.5), ylim=(len(sources) - 0.5, -0.5))
        axes.set_xticks(range(len(targets)), targets)
        axes.set_yticks(range(len(sources)), sources)
        axes.set(xlabel="tested on", ylabel="learnt from")
        axes.spines[:].set_visible(False)
        words = f"UAR in percent by what was learnt from; chance is {100 * chance:.0f}"
        return Drawing(picture, "transfer", words)


def _cell(axes: "Axes", column: int, row: int, share: float, *, shown: float | None = None) -> None:
    from matplotlib.patches import Rectangle

    tint = (*_rgb(ACCENT), 0.05 + 0.65 * share)  # ink stays readable on it
    axes.add_patch(Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, facecolor=tint, linewidth=0))
    if (value := share if shown is None else shown) >= 0.005:
        weight = "bold" if row == column and shown is None else "normal"
        axes.text(column, row, f"{100 * value:.0f}", ha="center", va="center", weight=weight)


def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def recalls(results: Results) -> Drawing:
    """Draw the recall of each class, in the order of the labels."""
    named = {label: recall or 0.0 for label, recall in results.per_class_recall.items()}
    with figure(3.5, 3.4) as picture:
        _bars(picture.subplots(), named, 1 / len(named), marked=min(named, key=lambda k: named[k]))
        return Drawing(picture, "recalls", "Recall of each class in percent")


def speakers(results: Results) -> Drawing:
    """Draw the UAR of each speaker, best first, the worst marked, the interval behind them."""
    named = dict(sorted(results.per_speaker.items(), key=lambda item: -item[1]))
    with figure(5.4, 0.8 + 0.2 * len(named)) as picture:
        axes = picture.subplots()
        if results.uar.ci95 is not None:
            low, high = (100 * bound for bound in results.uar.ci95)
            axes.axvspan(low, high, color=QUIET, alpha=0.18, linewidth=0)
        axes.axvline(100 * results.uar.mean, color=INK, linewidth=0.9)
        _bars(axes, named, 1 / len(results.labels), marked=results.worst_speaker)
        return Drawing(picture, "speakers", "UAR of each speaker in percent")


def _bars(axes: "Axes", named: dict[str, float], chance: float, *, marked: str) -> None:
    rates = [100 * rate for rate in named.values()]
    colors = [WARNING if name == marked else ACCENT for name in named]
    axes.barh(list(named), rates, color=colors, height=0.68)
    for row, rate in enumerate(rates):
        axes.text(114, row, f"{rate:.0f}", ha="right", va="center")
    axes.axvline(100 * chance, color=INK, linewidth=0.9, linestyle=(0, (2, 2)))
    axes.set(xlim=(0, 114), xticks=range(0, 101, 25), xlabel="percent (dotted: chance)")
    axes.set_ylim(len(named) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)


def calibration(probabilities: npt.NDArray[np.float32], truth: npt.NDArray[np.int64]) -> Drawing:
    """Draw accuracy against confidence; the area of a dot is its share of the utterances.

    Args:
        probabilities: of all runs together, shape ``(n, n_classes)``.
        truth: class indices, shape ``(n,)``.
    """
    share, confidence, accuracy = 100 * np.array(metrics.reliability(probabilities, truth))
    with figure(4.2, 3.9) as picture:
        axes = picture.subplots()
        axes.plot([0, 100], [0, 100], color=QUIET, linewidth=0.9, linestyle=(0, (2, 2)))
        axes.vlines(confidence, confidence, accuracy, color=QUIET, linewidth=0.9)
        axes.scatter(confidence, accuracy, s=2 + 10 * share, color=ACCENT, zorder=3, clip_on=False)
        axes.set(xlim=(0, 100), ylim=(0, 100), aspect="equal")
        axes.set(xlabel="confidence, percent", ylabel="right answers, percent")
        axes.grid()
        return Drawing(picture, "calibration", "Share of right answers against confidence")


def losses(histories: Histories) -> Drawing:
    """Draw the training loss by epoch, a thin line a run and their mean."""
    lines = [[epoch["loss"] for epoch in history] for history in histories]
    return _by_epoch(lines, "losses", "training loss")


def selection(histories: Histories) -> Drawing:
    """Draw the UAR on the selection set by epoch, a thin line a run and their mean."""
    lines = [[100 * epoch["selection_uar"] for epoch in history] for history in histories]
    return _by_epoch(lines, "selection", "selection UAR, percent")


def _by_epoch(lines: Sequence[Sequence[float]], name: str, label: str) -> Drawing:
    """Draw lines and their mean, which ends with the shortest: then it would be of other runs."""
    shortest = min(map(len, lines))
    with figure(4.4, 3.1) as picture:
        axes = picture.subplots()
        for line in lines:
            axes.plot(range(1, len(line) + 1), line, color=ACCENT, alpha=0.4, linewidth=0.8)
        mean = np.mean([line[:shortest] for line in lines], axis=0)
        axes.plot(range(1, shortest + 1), mean, color=ACCENT, linewidth=1.8)
        axes.set(xlabel="epoch", ylabel=label)
        axes.grid()
        return Drawing(picture, name, f"{label} by epoch")


def spectrogram(frames: npt.ArrayLike, hop_s: float) -> Drawing:
    """Draw log-mel frames over time.

    Args:
        frames: shape ``(frames, mel bands)``.
        hop_s: seconds from frame to frame.
    """
    image = np.asarray(frames, float).T
    end = image.shape[1] * hop_s
    with figure(5.4, 2.2) as picture:
        axes = picture.subplots()
        box = (0, end, 0, image.shape[0])
        shown = axes.imshow(image, origin="lower", aspect="auto", cmap="cividis", extent=box)
        picture.colorbar(shown, label="log energy", pad=0.01).outline.set_visible(False)
        axes.set(xlabel="seconds", ylabel="mel band")
        return Drawing(picture, "spectrogram", "Log-mel spectrogram of one utterance")
