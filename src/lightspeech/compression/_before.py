"""What a step does before its first run, where that is nothing."""

from collections.abc import Callable, Sequence
from typing import Any

from lightspeech.training.task import Task


def nothing(todo: Sequence[Task], cfg: Any, progress: Callable[[str, int, int], None]) -> None:
    """Begin at once: a ``prepare`` of a step."""
