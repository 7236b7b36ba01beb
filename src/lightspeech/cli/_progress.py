"""Progress bars on stderr, so that stdout stays for results."""

from collections.abc import Iterable, Iterator
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lightspeech.corpora.manifest import Step


class Bars:
    """A bar for each thing that takes long, as it begins."""

    def __init__(self) -> None:
        """Draw nothing yet."""
        self.shown = Progress(
            TextColumn("{task.description:>10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )

    def __enter__(self) -> "Bars":
        """Begin to draw."""
        self.shown.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        self.shown.stop()

    def told(self, what: str, done: int, total: int) -> None:
        """Show how much of something is done."""
        known = {task.description: task.id for task in self.shown.tasks}
        bar = known[what] if what in known else self.shown.add_task(what)
        self.shown.update(bar, completed=done, total=total)

    def files(self, items: Iterator[Step], total: int) -> Iterable[Step]:
        """Pass decoded files on and count them."""
        for number, item in enumerate(items, start=1):
            self.told("recordings", number, total)
            yield item
