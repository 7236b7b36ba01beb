"""The one place where work goes over processes or a Ray cluster: a function, many items at once.

Which of both it is, `on` says around all work of a command.
"""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

from lightspeech import cluster, processes
from lightspeech.errors import ConfigError

Item = TypeVar("Item")
Result = TypeVar("Result")
Tick = Callable[[int], None]
"""Told how many items are finished, again and again."""
TICK_S = 1.0
"""Seconds from one tick to the next, at most."""

PARTS = 4
"""Parts for each that works, so that none waits long for the last."""
AHEAD = 2
"""Items for each that works that are pulled before the first is done: enough to keep all busy."""
PROCESSES, RAY = "processes", "ray"


class Engine(Protocol):
    """What work goes over: a module that binds both."""

    def size(self) -> int:
        """Say how many work at once where nobody asks for a number."""
        ...

    def pool(self, n: int, /) -> AbstractContextManager[Executor]:
        """Open at most so many that work."""
        ...


_engine: ContextVar[Engine] = ContextVar("engine", default=processes)


@contextmanager
def on(name: str) -> Iterator[None]:
    """Let all work in the body go over an engine.

    Args:
        name: ``processes``, ``ray`` for a cluster of this machine alone, or ``ray://HOST:PORT``.

    Raises:
        ConfigError: if there is no such engine.
        MissingExtra: if Ray is not installed.
        WorkerError: if there is no cluster at that address.
    """
    if name == PROCESSES:
        with _taken(processes):
            yield
    elif name == RAY or name.startswith(f"{RAY}://"):
        with cluster.connected(None if name == RAY else name), _taken(cluster):
            yield
    else:
        raise ConfigError(f"--engine {name!r}; allowed are processes, ray and ray://HOST:PORT")


@contextmanager
def _taken(engine: Engine) -> Iterator[None]:
    before = _engine.set(engine)
    try:
        yield
    finally:
        _engine.reset(before)


def elsewhere() -> bool:
    """Tell whether work goes to a cluster, where this process need do none of it."""
    return _engine.get() is not processes


def pool(n: int) -> AbstractContextManager[Executor]:
    """Open those that work.

    Args:
        n: at most so many.

    Raises:
        WorkerError: if one was killed, or none could begin.
    """
    return _engine.get().pool(n)


def no_tick(_: int) -> None:
    """Show nothing."""


def workers(processes: int | None) -> int:
    """Say how many items are worked on at once: as many as asked for, else one a core.

    Args:
        processes: as many as asked for.
    """
    return processes or _engine.get().size()


def parts(items: tuple[Item, ...], processes: int | None = None) -> list[tuple[Item, ...]]:
    """Cut items that are too small to travel one by one, for `map`.

    Args:
        items: in the order that parts keep.
        processes: parts at once; None: one a core.

    Returns:
        Parts of one size but for the last, `PARTS` for each that works.
    """
    size = -(-len(items) // (PARTS * workers(processes)))
    return [items[at : at + size] for at in range(0, len(items), size or 1)]


def map(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    processes: int | None = None,
    tick: Tick = no_tick,
) -> list[Result]:
    """Call a function on every item, several at once.

    A single item, or one at a time, is worked on in this process, unless there is a cluster. Else
    function, items and results travel, so all of them must pickle: a function of a module, a
    dataclass, arrays. Ctrl-C ends all work at once, and so does the end of this process.

    Args:
        function: called once for each item, in their order.
        items: may be none.
        processes: items at once; None: one a core.
        tick: called with the number of finished items, from this process, at least every `TICK_S`
            seconds and once at the end.

    Returns:
        The results, one each, in the order of the items.

    Raises:
        WorkerError: if a process was killed, or none could begin.
        BaseException: the first that the function or ``tick`` raised; the other items are ended.
    """
    at_once = min(workers(processes), len(items))
    work = _in_pool if at_once > 1 or (items and elsewhere()) else _here
    results = work(function, items, at_once, tick)
    tick(len(items))
    return results


def stream(
    function: Callable[[Item], Result], items: Iterable[Item], processes: int | None = None
) -> Generator[Result, None, None]:
    """Call a function on items as they are pulled, `AHEAD` for each that works: memory stays flat.

    Args:
        function: as of `map`.
        items: may have no end.
        processes: items at once; None: one a core.

    Yields:
        The result of each, in the order of the items.

    Raises:
        WorkerError: if a process was killed, or none could begin.
    """
    at_once = workers(processes)
    waiting: deque[Future[Result]] = deque()
    with pool(at_once) as opened:
        for item in items:
            waiting.append(opened.submit(function, item))
            if len(waiting) >= AHEAD * at_once:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _here(
    function: Callable[[Item], Result], items: Sequence[Item], _: int, tick: Tick
) -> list[Result]:
    """Work on one item after the other, while a thread ticks."""
    results: list[Result] = []
    with _ticking(lambda: tick(len(results))):
        for item in items:
            results.append(function(item))
    return results


@contextmanager
def _ticking(tick: Callable[[], None]) -> Iterator[None]:
    over = threading.Event()

    def watch() -> None:
        while not over.wait(TICK_S):
            tick()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _in_pool(
    function: Callable[[Item], Result], items: Sequence[Item], at_once: int, tick: Tick
) -> list[Result]:
    with pool(at_once) as opened:
        futures = [opened.submit(function, item) for item in items]
        waiting: set[Future[Result]] = set(futures)
        while waiting:
            finished, waiting = wait(waiting, timeout=TICK_S, return_when=FIRST_COMPLETED)
            tick(len(items) - len(waiting))
            for future in finished:
                future.result()
        return [future.result() for future in futures]
