"""Processes that work for this one: they begin clean, leave Ctrl-C to it, and end with it."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from typing import Any, TypeVar

from lightspeech.errors import WorkerError

T = TypeVar("T")
_KILLED = (
    "a process was killed, perhaps for want of memory; take fewer processes; a study goes on with "
    "--resume"
)
_NEVER_BEGAN = (
    "no process could begin; each imports the script anew, so put what is to run once below a line "
    'if __name__ == "__main__": or take processes=1'
)


def size() -> int:
    """Say how many work at once where nobody asks for a number: one a core."""
    return os.cpu_count() or 1


@contextmanager
def pool(n_processes: int) -> Iterator[Executor]:
    """Open processes, spawned as they are needed, that end at once where something goes wrong.

    A process that is just being started, and imports a script which starts processes in its turn,
    is ended: the one that started it says what is wrong.

    Args:
        n_processes: at most so many.

    Raises:
        WorkerError: if a process ended before its work did, saying whether any had begun.
    """
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    begun = context.Event()
    with (
        reader,
        writer,
        _Processes(
            n_processes, mp_context=context, initializer=_begin, initargs=(reader, begun)
        ) as opened,
    ):
        try:
            yield opened
        except BrokenProcessPool:
            raise WorkerError(_KILLED if begun.is_set() else _NEVER_BEGAN) from None
        except BaseException:
            writer.close()
            opened.shutdown(cancel_futures=True)
            raise


class _Processes(ProcessPoolExecutor):
    def submit(self, work: Callable[..., T], /, *args: Any, **kwargs: Any) -> "Future[T]":
        try:
            with _interrupts_held():  # a process may begin only now
                return super().submit(work, *args, **kwargs)
        except RuntimeError as error:
            if "bootstrapping" not in str(error):
                raise
            sys.exit(1)


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


def _begin(open_while_needed: Connection, begun: Event) -> None:
    """Leave Ctrl-C to the parent; end when it closes its end of the pipe, or is killed."""
    begun.set()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(open_while_needed,), daemon=True).start()


def _end_with(open_while_needed: Connection) -> None:
    open_while_needed.poll(None)
    os._exit(1)
