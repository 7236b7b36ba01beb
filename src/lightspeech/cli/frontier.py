"""``lightspeech frontier``."""

from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from lightspeech.evaluation import frontier
from lightspeech.evaluation.frontier import Point
from lightspeech.files import write_text
from lightspeech.reporting import plots, tables


def command(
    results: Annotated[Path, typer.Option(help="Folder of results files.")] = Path("results"),
    output: Annotated[Path, typer.Option(help="Folder of the figures.")] = Path("docs/frontier"),
) -> None:
    """Draw UAR against bytes and multiplications, ours beside published systems, as SVG.

    Example: lightspeech frontier --output docs/frontier
    """
    points = [*frontier.measured(tables.read_all(results)), *frontier.published()]
    for (corpus, n_classes), of_corpus in groupby(sorted(points, key=_corpus), _corpus):
        path = output / f"{corpus}-{n_classes}.svg"
        write_text(path, plots.frontier(list(of_corpus), f"{corpus}, {n_classes} classes"))
        typer.echo(path)


def _corpus(point: Point) -> tuple[str, int]:
    return point.corpus, point.n_classes
