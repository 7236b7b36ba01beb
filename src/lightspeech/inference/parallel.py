"""Many recordings at once, in processes or threads: in order, flat memory, errors as values."""

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from lightspeech.audio import reading
from lightspeech.audio.reading import Audio, Channel
from lightspeech.errors import ConfigError, LightspeechError, LightspeechWarning
from lightspeech.inference.answers import Answer
from lightspeech.studies import engine

CHUNK = 4
"""Items that go to a process at once: to hand one over costs a tenth of a short answer."""

NOTHING = object()


class Spoken(NamedTuple):
    """An item, and what is said in it.

    Attributes:
        audio: as of `answers`, shape ``(samples,)`` or ``(samples, channels)`` of an array.
        text: empty where nobody knows it.
    """

    audio: Audio
    text: str


Result = Answer | LightspeechError
Heard = tuple[Result, list[str]]
"""A result, and what the user was warned of on the way."""


@dataclass(frozen=True)
class Job:
    """How a process answers: it opens the bundle by ``load(bundle, **options)``.

    Attributes:
        load: gives what answers an item.
        bundle: folder of the bundle.
        options: of that, such as threads.
        sample_rate: of arrays, in Hz; None where none is given with them.
        whole: one segment for all of a long recording.
    """

    load: Callable[..., Callable[..., Answer]]
    bundle: Path
    options: Mapping[str, Any]
    sample_rate: int | None
    whole: bool


def spoken(items: Iterable[Audio], texts: Iterable[str]) -> Iterator[Spoken]:
    """Put items and what is said in them together.

    Args:
        items: as of `answers`, shape ``(samples,)`` or ``(samples, channels)`` where they are
            arrays.
        texts: one of each.

    Raises:
        ConfigError: once one of both ends before the other.
    """
    for number, both in enumerate(zip_longest(items, texts, fillvalue=NOTHING)):
        if any(each is NOTHING for each in both):
            raise ConfigError(f"items and texts differ in number after {number}; give one of each")
        yield Spoken(*both)  # type: ignore[arg-type]


def result(recognizer: Callable[..., Answer], item: Audio | Spoken, **options: Any) -> Result:
    """Answer one item; an error becomes a value.

    Args:
        recognizer: answers it.
        item: a path, bytes, an open file, or an array, shape ``(samples,)`` or
            ``(samples, channels)``; perhaps with what is said in it.
        options: of the recognizer.
    """
    try:
        if isinstance(item, Spoken):
            return recognizer(item.audio, text=item.text, **options)
        return recognizer(item, **options)
    except LightspeechError as error:
        return error


def threaded(
    items: Iterable[Audio | Spoken],
    recognizer: Callable[..., Answer],
    n_threads: int,
    **options: Any,
) -> Iterator[Result]:
    """Answer items in several threads; runtimes and decoders leave Python meanwhile.

    Args:
        items: as of `answers`, shape ``(samples,)`` or ``(samples, channels)`` where they are
            arrays; pulled as they are needed, twice the threads ahead.
        recognizer: answers each.
        n_threads: at once.
        options: of the recognizer.

    Yields:
        An answer or an error for each item, in their order.
    """
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(n_threads) as threads:
        try:
            for item in items:
                waiting.append(threads.submit(result, recognizer, item, **options))
                if len(waiting) >= 2 * n_threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            threads.shutdown(cancel_futures=True)


def answers(items: Iterable[Audio | Spoken], job: Job, n_processes: int) -> Iterator[Result]:
    """Answer items in several processes.

    Args:
        items: paths, bytes, open files, or arrays, shape ``(samples,)`` or
            ``(samples, channels)``; pulled as they are needed, some chunks a process ahead.
        job: how to answer each.
        n_processes: at once.

    Yields:
        An answer or an error for each item, in their order.

    Raises:
        WorkerError: if a process ends before its work does.
    """
    items = iter(items)
    chunks = iter(lambda: [_portable(item, job.sample_rate) for item in islice(items, CHUNK)], [])
    with closing(engine.stream(partial(_answers, job=job), chunks, n_processes)) as answered:
        for heard in answered:
            yield from _told(heard)


def _told(heard: Sequence[Heard]) -> Iterator[Result]:
    """Give results; what their process warned of is told by this one."""
    for result, warned in heard:
        for message in warned:
            warnings.warn(message, LightspeechWarning, stacklevel=2)
        yield result


def _portable(item: Any, sample_rate: int | None) -> Audio | Spoken | LightspeechError:
    """Give what can go to another process: no open file, and of what is no audio the error."""
    if isinstance(item, Spoken):
        audio = _portable(item.audio, sample_rate)
        return audio if isinstance(audio, LightspeechError) else item._replace(audio=audio)  # type: ignore[arg-type]
    try:
        reading.check(item, sample_rate)
        if hasattr(item, "read"):
            item = item.read()
        if isinstance(item, Channel) and hasattr(item.audio, "read"):
            item = replace(item, audio=item.audio.read())
    except LightspeechError as error:  # which a file that lies elsewhere raises as it is read
        return error
    portable: Audio = item
    return portable


def _answers(items: Sequence[Audio | Spoken | LightspeechError], job: Job) -> list[Heard]:
    return [
        (item, []) if isinstance(item, LightspeechError) else _answer(item, job) for item in items
    ]


def _answer(item: Audio | Spoken, job: Job) -> Heard:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LightspeechWarning)
        try:
            recognizer = _open(job.load, job.bundle, **job.options)
        except LightspeechError as error:
            return error, []
        answered = result(recognizer, item, sample_rate=job.sample_rate, whole=job.whole)
    ours = (one for one in caught if issubclass(one.category, LightspeechWarning))
    return answered, [str(one.message) for one in ours]


@lru_cache(maxsize=1)
def _open(
    load: Callable[..., Callable[..., Answer]], bundle: Path, **options: Any
) -> Callable[..., Answer]:
    """Open the bundle, once in each process."""
    return load(bundle, **options)
