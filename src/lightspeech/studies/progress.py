"""How long work tells how far it is: one callback, and adapters of those who count otherwise."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count

from lightspeech.corpora import manifest

Progress = Callable[[str, int, int], None]
"""Told what is going on, how much of it is done, and of how much."""


def step_of(what: str, total: int, progress: Progress) -> Callable[[], None]:
    """Make what one calls after each of ``total`` steps.

    Args:
        what: the name of the work, such as ``features``.
        total: steps in all.
        progress: told after each of them.
    """
    numbers = count(1)
    return lambda: progress(what, next(numbers), total)


def recordings(progress: Progress) -> manifest.Progress:
    """Make what corpora pass their decoded files through, so that they are counted."""

    def passed(items: Iterator[manifest.Step], total: int) -> Iterable[manifest.Step]:
        for number, item in enumerate(items, start=1):
            progress("recordings", number, total)
            yield item

    return passed
