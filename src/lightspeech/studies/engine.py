"""The one place where work goes over processes: a function, many items, several at once."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from lightspeech.errors import StudyError

Item = TypeVar("Item")
Result = TypeVar("Result")
Tick = Callable[[int], None]
"""Told how many items are finished, again and again."""
TICK_S = 1.0
"""Seconds from one tick to the next, at most."""


def silent(_: int) -> None:
    """Show nothing."""


def workers(processes: int | None) -> int:
    """Say how many items are worked on at once: as many as asked for, else one a core."""
    return processes or os.cpu_count() or 1


def map(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    processes: int | None = None,
    tick: Tick = silent,
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
        The results, in the order of the items.

    Raises:
        StudyError: if a process was killed.
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
    with _pool(at_once) as pool:
        with _interrupts_held():
            futures = [pool.submit(function, item) for item in items]
        waiting: set[Future[Result]] = set(futures)
        while waiting:
            finished, waiting = wait(waiting, timeout=TICK_S, return_when=FIRST_COMPLETED)
            tick(len(items) - len(waiting))
            for future in finished:
                future.result()
        return [future.result() for future in futures]


@contextmanager
def _pool(at_once: int) -> Iterator[ProcessPoolExecutor]:
    """Open processes that end at once where something goes wrong."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(at_once, mp_context=context, initializer=_begin) as pool:
        try:
            yield pool
        except BrokenProcessPool:
            raise StudyError(
                "a process was killed, perhaps for want of memory; "
                "add --resume to go on, with a smaller --processes"
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back: here for a moment, in processes begun meanwhile until `_begin`."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Leave Ctrl-C to the parent, which ends its children; end with it where it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
