"""What the scripts beside the package share: progress, lines of results, errors in one line."""

from collections.abc import Callable, Iterable

import typer

from lightspeech.cli import supervise
from lightspeech.cli._progress import Bars
from lightspeech.progress import Progress


def run(work: Callable[[Progress], Iterable[object]]) -> None:
    """Do the work of a script as a command of ``lightspeech`` does its own.

    Args:
        work: is given who is told of progress, and gives what to print, a line each.
    """

    def call() -> None:
        with Bars() as bars:
            lines = list(work(bars.show))
        for line in lines:
            typer.echo(line)

    supervise(call)
