"""The one place where work goes over processes: a function, many items, several at once."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from typing import TypeVar

from lightspeech.processes import pool, submit

Item = TypeVar("Item")
Result = TypeVar("Result")
Tick = Callable[[int], None]
"""Told how many items are finished, again and again."""
TICK_S = 1.0
"""Seconds from one tick to the next, at most."""


def no_tick(_: int) -> None:
    """Show nothing."""


def workers(processes: int | None) -> int:
    """Say how many items are worked on at once: as many as asked for, else one a core."""
    return processes or os.cpu_count() or 1


def map(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    processes: int | None = None,
    tick: Tick = no_tick,
) -> list[Result]:
    """Call a function on every item, several at once.

    A single item, or one at a time, is worked on in this process. Else function, items and results
    travel, so all of them must pickle: a function of a module, a dataclass, arrays. Ctrl-C ends all
    work at once, and so does the end of this process.

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
    work = _in_processes if at_once > 1 else _here
    results = work(function, items, at_once, tick)
    tick(len(items))
    return results


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


def _in_processes(
    function: Callable[[Item], Result], items: Sequence[Item], at_once: int, tick: Tick
) -> list[Result]:
    with pool(at_once) as opened:
        futures = [submit(opened, function, item) for item in items]
        waiting: set[Future[Result]] = set(futures)
        while waiting:
            finished, waiting = wait(waiting, timeout=TICK_S, return_when=FIRST_COMPLETED)
            tick(len(items) - len(waiting))
            for future in finished:
                future.result()
        return [future.result() for future in futures]
