"""How long work tells how far it is: one callback, and what stands in where nobody looks."""

from collections.abc import Callable
from itertools import count

Progress = Callable[[str, int, int], None]
"""Told what is going on, how much of it is done, and of how much."""


def no_progress(what: str, done: int, total: int) -> None:
    """Show nothing.

    Args:
        what: is going on.
        done: how much of it, at most ``total``.
        total: how much there is.
    """


def step_of(what: str, total: int, progress: Progress) -> Callable[[], None]:
    """Make what one calls after each of ``total`` steps.

    Args:
        what: the name of the work, such as ``features``.
        total: steps in all.
        progress: told after each of them.
    """
    numbers = count(1)
    return lambda: progress(what, next(numbers), total)
