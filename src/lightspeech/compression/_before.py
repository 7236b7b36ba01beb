"""What a step does before its first run, where that is nothing."""

from collections.abc import Sequence
from typing import Any

from lightspeech.progress import Progress
from lightspeech.training.task import Task


def nothing(todo: Sequence[Task], cfg: Any, progress: Progress) -> None:
    """Begin at once: a ``prepare`` of a step."""
