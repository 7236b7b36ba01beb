import multiprocessing
import os
import signal
import time
from functools import partial

import pytest

from lightspeech.errors import WorkerError
from lightspeech.studies import engine

SOON_S = 60
"""A busy machine takes seconds to begin a process."""


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_the_items_and_ticks_count_them(processes):
    ticks = []
    items = [-3, 2, -1]
    assert engine.map(abs, items, processes=processes, tick=ticks.append) == [3, 2, 1]
    assert ticks == sorted(ticks)
    assert ticks[-1] == 3


def test_nothing_to_do_is_done_at_once():
    ticks = []
    assert engine.map(abs, [], tick=ticks.append) == []
    assert ticks == [0]


@pytest.mark.parametrize(("processes", "items"), [(1, [0.2]), (2, [0.4, 0.4])])
def test_ticks_come_while_an_item_is_worked_on_and_none_afterwards(monkeypatch, processes, items):
    monkeypatch.setattr(engine, "TICK_S", 0.01)
    ticks = []
    engine.map(time.sleep, items, processes=processes, tick=ticks.append)
    seen = len(ticks)
    time.sleep(0.05)
    assert ticks.count(0) >= 3
    assert len(ticks) == seen


def test_one_at_a_time_works_in_this_process():
    assert engine.map(_process, [0, 0], processes=1) == [os.getpid()] * 2
    assert engine.map(_process, [0], processes=2) == [os.getpid()]


def _process(_):
    return os.getpid()


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="a thing of POSIX")
def test_a_process_that_just_begins_leaves_ctrl_c_to_its_parent():
    blocked = engine.map(partial(signal.pthread_sigmask, signal.SIG_BLOCK), [[], []], processes=2)
    assert all(signal.SIGINT in signals for signals in blocked)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


@pytest.mark.parametrize(
    ("error", "items", "tick"),
    [
        (ValueError, [100, -1], engine.no_tick),
        (KeyboardInterrupt, [100, 100], lambda _: interrupt()),
    ],
)
def test_the_first_error_and_an_interrupt_end_what_all_processes_are_at(error, items, tick):
    began = time.monotonic()
    with pytest.raises(error):
        engine.map(time.sleep, items, processes=2, tick=tick)
    while multiprocessing.active_children():
        assert time.monotonic() - began < SOON_S
        time.sleep(0.01)


def interrupt():
    raise KeyboardInterrupt


def test_a_process_that_was_killed_is_one_line_that_says_what_to_type():
    with pytest.raises(WorkerError, match="a process was killed.*fewer processes.*--resume"):
        engine.map(os._exit, [1, 1], processes=2)
