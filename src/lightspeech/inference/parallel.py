"""Many recordings in many processes: in their order, in flat memory, errors as values."""

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from lightspeech import processes
from lightspeech.audio import reading
from lightspeech.audio.reading import Audio, Channel
from lightspeech.errors import LightspeechError, LightspeechWarning
from lightspeech.inference.answers import Answer

IN_FLIGHT = 4
"""Items a process that are taken before the first of them is answered: enough to keep all busy."""

Result = Answer | LightspeechError
Heard = tuple[Result, list[str]]
"""A result, and what the user was warned of on the way."""


@dataclass(frozen=True)
class Job:
    """How a process answers: it opens the bundle by ``load(bundle, threads=threads)``.

    Attributes:
        load: gives what answers an item.
        bundle: folder of the bundle.
        threads: of each process.
        sample_rate: of arrays, in Hz; None where none is given with them.
        whole: one segment for all of a long recording.
    """

    load: Callable[..., Callable[..., Answer]]
    bundle: Path
    threads: int
    sample_rate: int | None
    whole: bool


def result(recognizer: Callable[..., Answer], item: Audio, **options: Any) -> Result:
    """Answer one item; an error becomes a value.

    Args:
        recognizer: answers it.
        item: a path, bytes, an open file, or an array, shape ``(samples,)`` or
            ``(samples, channels)``.
        options: of the recognizer.
    """
    try:
        return recognizer(item, **options)
    except LightspeechError as error:
        return error


def answers(items: Iterable[Audio], job: Job, n_processes: int) -> Iterator[Result]:
    """Answer items in several processes.

    Args:
        items: paths, bytes, open files, or arrays, shape ``(samples,)`` or
            ``(samples, channels)``; pulled as they are needed, `IN_FLIGHT` times the processes
            ahead.
        job: how to answer each.
        n_processes: at once.

    Yields:
        An answer or an error for each item, in their order.

    Raises:
        WorkerError: if a process ends before its work does.
    """
    waiting: deque[Future[Heard]] = deque()
    with processes.pool(n_processes) as pool:
        for item in items:
            waiting.append(_submit(pool, item, job))
            if len(waiting) >= IN_FLIGHT * n_processes:
                yield _told(waiting.popleft())
        while waiting:
            yield _told(waiting.popleft())


def _told(future: "Future[Heard]") -> Result:
    """Give a result; what its process warned of is told by this one."""
    result, warned = future.result()
    for message in warned:
        warnings.warn(message, LightspeechWarning, stacklevel=2)
    return result


def _submit(pool: ProcessPoolExecutor, item: Any, job: Job) -> "Future[Heard]":
    try:
        reading.check(item, job.sample_rate)
    except LightspeechError as error:  # what is no audio need not be picklable
        refused: Future[Heard] = Future()
        refused.set_result((error, []))
        return refused
    if hasattr(item, "read"):  # an open file cannot go to another process
        item = item.read()
    if isinstance(item, Channel) and hasattr(item.audio, "read"):
        item = replace(item, audio=item.audio.read())
    return processes.submit(pool, _answer, item, job)


def _answer(item: Audio, job: Job) -> Heard:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LightspeechWarning)
        try:
            recognizer = _open(job.load, job.bundle, job.threads)
        except LightspeechError as error:
            return error, []
        answered = result(recognizer, item, sample_rate=job.sample_rate, whole=job.whole)
    ours = (one for one in caught if issubclass(one.category, LightspeechWarning))
    return answered, [str(one.message) for one in ours]


@lru_cache(maxsize=1)
def _open(
    load: Callable[..., Callable[..., Answer]], bundle: Path, threads: int
) -> Callable[..., Answer]:
    """Open the bundle, once in each process."""
    return load(bundle, threads=threads)
