"""Progress bars on stderr, so that stdout stays for results."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


def notice(line: str) -> None:
    """Say on stderr what a user should know, above the bars.

    Args:
        line: in words.
    """
    typer.echo(line, err=True)


class Bars:
    """A bar for each thing that takes long, as it begins."""

    def __init__(self) -> None:
        """Draw nothing yet."""
        self._drawing = Progress(
            TextColumn("{task.description:>10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )

    def __enter__(self) -> "Bars":
        """Draw nothing yet: an error may come first, and is a line of its own."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        if self._drawing.tasks:
            self._drawing.stop()

    def show(self, what: str, n_done: int, total: int) -> None:
        """Show how much of something is done.

        Args:
            what: its name; each has a bar of its own.
            n_done: so many of them.
            total: of so many.
        """
        self._drawing.start()
        known = {task.description: task.id for task in self._drawing.tasks}
        bar = known[what] if what in known else self._drawing.add_task(what)
        self._drawing.update(bar, completed=n_done, total=total)


@contextmanager
def tracking() -> Iterator[Callable[[Iterable[Any], int], Iterable[Any]]]:
    """Draw one bar, which goes when all is done; stdout stays as it is."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, redirect_stdout=False) as progress:
        yield lambda items, total: progress.track(items, total=total)
