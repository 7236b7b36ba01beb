"""Pictures of published figures, each a file that says in words what it shows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from lightspeech.evaluation import frontier, pruning
from lightspeech.evaluation.frontier import Point
from lightspeech.evaluation.trial import Row
from lightspeech.explain import explanation
from lightspeech.reporting import (
    _canvas,
    benchmark_table,
    plots,
    plots_of_costs,
    plots_of_cues,
    tables,
    transfer,
    wording,
)
from lightspeech.reporting._canvas import Drawing


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture to be drawn.

    Attributes:
        name: of its file.
        title: what it shows.
        words: every figure in it.
        draw: draws it; needs the ``report`` extra.
    """

    name: str
    title: str
    words: str
    draw: Callable[[], Drawing]

    def text(self) -> str:
        """Draw it, as the content of a file.

        Raises:
            MissingExtra: if matplotlib is not installed.
        """
        return _canvas.standalone(self.draw(), self.words)

    def is_fresh(self, path: Path) -> bool:
        """Whether a file shows the same figures; nothing is drawn."""
        return path.is_file() and _canvas.described(self.words) in path.read_text(encoding="utf-8")


def of(root: Path) -> list[Picture]:
    """List the pictures of all results.

    Raises:
        CorpusError: if there are no results.
        ConfigError: if a file does not hold what it should.
    """
    drawn = (frontiers, prunings, benchmarks, transfers, explanations)
    return [picture for kind in drawn for picture in kind(root)]


def transfers(root: Path) -> Iterator[Picture]:
    """List the matrix of each study that learns from one corpus or language at a time."""
    for figures in tables.read_all(root):
        if figures.sources:
            cells = "; ".join(" ".join(row) for row in transfer.rows(figures))
            yield Picture(
                name=f"transfer-{figures.unit}-{figures.model}-{figures.scheme}.svg",
                title=f"What each {figures.unit} teaches {figures.system} about the others",
                words=f"UAR in percent on {', '.join(transfer.targets(figures))}, mean: {cells}",
                draw=partial(plots.transfer, figures),
            )


def explanations(root: Path) -> Iterator[Picture]:
    """List the curves of each explained chain: of all its systems, and of each emotion."""
    for path, found in explanation.read_all(root).items():
        yield Picture(
            name=f"explain-{path.stem}.svg",
            title=f"What cues do to the answers of {found.recipe}, by how far they are moved",
            words=plots_of_cues.words_of_systems(found),
            draw=partial(plots_of_cues.systems, found),
        )
        yield Picture(
            name=f"explain-{path.stem}-emotions.svg",
            title=f"What cues do to each emotion of {found.recipe}, by how far they are moved",
            words=plots_of_cues.words_of_emotions(found),
            draw=partial(plots_of_cues.emotions, found),
        )


def frontiers(root: Path) -> Iterator[Picture]:
    """List UAR against each cost for each corpus and set of classes."""
    compared = [each for each in tables.read_all(root) if not each.of_transfer]
    points = [*frontier.measured(compared), *frontier.published()]
    for (corpus, n_classes), same in groupby(sorted(points, key=_group), _group):
        of_corpus = list(same)
        for cost, what in plots_of_costs.COSTS.items():
            if any(getattr(point, cost) is not None for point in of_corpus):
                title = f"{corpus}, {n_classes} classes"
                yield Picture(
                    name=f"{corpus}-{n_classes}-{cost}.svg",
                    title=f"UAR against {what}, {title}",
                    words="; ".join(map(_words, of_corpus)),
                    draw=partial(plots_of_costs.frontier, of_corpus, cost, title),
                )


def _group(point: Point) -> tuple[str, int]:
    return point.corpus, point.n_classes


def _words(point: Point) -> str:
    macs = "" if point.macs is None else f", {point.macs:,} multiplications"
    size = wording.size(point.size_bytes)
    uar = f"{wording.percent(point.uar)}{wording.interval(point.ci95)} %"
    return f"{point.system}: {uar} at {size}{macs}"


def prunings(root: Path) -> Iterator[Picture]:
    """List UAR against cost as more and more of a network is pruned, all networks together."""
    if curves := pruning.read_all(root):
        yield Picture(
            name="pruning.svg",
            title="UAR against multiplications and bytes of pruned networks",
            words="; ".join(f"{curve.title}: {_of_curve(curve)}" for curve in curves),
            draw=partial(plots_of_costs.pruning, curves),
        )


def _of_curve(curve: pruning.Curve) -> str:
    return ", ".join(
        f"{wording.percent(point.uar)} % at {point.macs:,} multiplications and "
        f"{wording.size(point.size_bytes)}"
        for point in curve.points
    )


def benchmarks(root: Path) -> Iterator[Picture]:
    """List time and size of models in many formats, where they were measured."""
    if (root / "benchmark.json").is_file():
        _, rows = benchmark_table.read(root / "benchmark.json")
        yield of_benchmark(rows)


def of_benchmark(rows: Sequence[Row]) -> Picture:
    """Say how the rows of a benchmark are drawn."""
    return Picture(
        name="benchmark.svg",
        title="Processor time and size of models in many formats",
        words="; ".join(
            f"{row.model} {row.format}: {row.latency.work_ms:.2f} ms, "
            f"{wording.size(row.size_bytes or 0)}"
            for row in rows
            if row.latency is not None
        ),
        draw=partial(plots_of_costs.benchmark, rows),
    )
