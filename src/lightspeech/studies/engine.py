"""A study: every fold and seed of a protocol as a run, in parallel processes, resumable."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from lightspeech import labels as vocabularies
from lightspeech.config import Choice
from lightspeech.corpora.base import Utterance
from lightspeech.errors import CorpusError, StudyError
from lightspeech.protocols import leaks
from lightspeech.protocols.base import Protocol
from lightspeech.training import inputs
from lightspeech.training.run import do, is_done
from lightspeech.training.task import RunConfig, Task

Progress = Callable[[str, int, int], None]
"""Told what is going on, how much of it is done, and of how much."""
PARTS = 4
"""Of the utterances that each process hears with an encoder, one after the other."""
REPORT_S = 1.0
"""Seconds from one look at the histories to the next."""


def in_vocabulary(utterances: Sequence[Utterance], vocabulary: str) -> list[Utterance]:
    """Keep the utterances whose label the vocabulary has.

    Raises:
        CorpusError: if fewer than two classes are left.
    """
    kept = [u for u in utterances if vocabularies.map_label(u.emotion, vocabulary) is not None]
    classes = {vocabularies.map_label(u.emotion, vocabulary) for u in kept}
    if len(classes) < 2:
        raise CorpusError(
            f"{len(classes)} of the classes of vocabulary {vocabulary!r} among {len(utterances)} "
            "utterances; at least 2 are needed: take labels: own, or another vocabulary"
        )
    return kept


def tasks(
    cfg: RunConfig,
    utterances: Sequence[Utterance],
    protocol: Protocol,
    *,
    vocabulary: str,
    seeds: Sequence[int],
    folder: Path,
    cache: Path,
) -> list[Task]:
    """List the runs of a study, after the leak check.

    Raises:
        LeakError: if a fold leaks and the protocol is not labelled leaky.
    """
    leaks.check(list(utterances), protocol)
    for origin in cfg.front.origins():
        leaks.check_encoder(origin.name, origin.recordings(), utterances, protocol)
    names = [vocabularies.map_label(u.emotion, vocabulary) or "" for u in utterances]
    classes = tuple(sorted(set(names)))
    targets = np.array([classes.index(name) for name in names], np.int64)
    return [
        Task(
            config=cfg,
            folder=folder / f"fold{fold}-seed{seed}",
            cache=cache,
            utterances=tuple(utterances),
            labels=classes,
            targets=targets,
            split=split,
            fold=fold,
            seed=seed,
        )
        for seed in seeds
        for fold, split in enumerate(protocol.splits)
    ]


def steps(todo: Sequence[Task], step: Choice, folder: Path) -> list[Task]:
    """List the runs that a step makes of those of ``todo``, in a folder of its own."""
    return [
        replace(task, step=step, before=task.folder, folder=folder / task.folder.name)
        for task in todo
    ]


def run(todo: Sequence[Task], *, processes: int | None = None, progress: Progress) -> None:
    """Do the runs that are not done yet, several at once; what is done stays done.

    Args:
        todo: from `tasks`.
        processes: at once; default: as many as there are cores.
        progress: told of features computed and of epochs done; in a step, of runs done.

    Raises:
        LightspeechError: the first one that a run raised; the others are ended.
    """
    first = todo[0]
    _compute(first, processes or os.cpu_count() or 1, progress)
    if first.step is not None and hasattr(first.step.module, "prepare"):
        first.step.module.prepare(todo, first.step.config, progress)
    open_tasks = [task for task in todo if not is_done(task.folder)]
    workers = min(processes or os.cpu_count() or 1, len(open_tasks))
    if workers > 1:
        _in_processes(open_tasks, workers, lambda: _report(todo, progress))
    else:
        with _watched(lambda: _report(todo, progress)):
            for task in open_tasks:
                do(task)
    _report(todo, progress)


def _compute(task: Task, workers: int, progress: Progress) -> None:
    """Compute features; what an encoder hears in several processes, so that its cache is full."""
    n = len(task.utterances)
    size = -(-n // (PARTS * workers))
    missing = task.config.front.missing(task.utterances, task.cache)
    if workers > 1 and missing:
        parts = [
            replace(task, utterances=task.utterances[at : at + size]) for at in range(0, n, size)
        ]
        with _pool(workers) as pool:
            with _interrupts_held():
                heard = pool.map(_hear, parts)
            for done, _ in enumerate(heard, start=1):
                progress("features", min(done * size, n), n)
    computed = 0

    def step() -> None:
        nonlocal computed
        computed += 1
        progress("features", computed, n)

    inputs.load(task, step=step)


def _hear(part: Task) -> None:
    part.config.front.open(part.utterances, part.cache)


@contextmanager
def _watched(report: Callable[[], None]) -> Iterator[None]:
    """Report every second while this process trains: what it did stands in its histories."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(REPORT_S):
            report()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _in_processes(open_tasks: Sequence[Task], workers: int, report: Callable[[], None]) -> None:
    with _pool(workers) as pool:
        with _interrupts_held():
            waiting: set[Future[None]] = {pool.submit(do, task) for task in open_tasks}
        while waiting:
            done, waiting = wait(waiting, timeout=REPORT_S, return_when=FIRST_COMPLETED)
            report()
            for future in done:
                future.result()


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Open processes that end at once where something goes wrong."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin) as pool:
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


def _report(todo: Sequence[Task], progress: Progress) -> None:
    """Count the epochs of all runs from their histories; a step's epochs are its own affair."""
    if (step := todo[0].step) is not None:
        progress(step.name, sum(is_done(task.folder) for task in todo), len(todo))
        return
    epochs = todo[0].config.training.epochs
    done = sum(epochs if is_done(t.folder) else _epochs_done(t.folder) for t in todo)
    progress("training", done, epochs * len(todo))


def _epochs_done(folder: Path) -> int:
    history = folder / "history.jsonl"
    return len(history.read_text().splitlines()) if history.exists() else 0
