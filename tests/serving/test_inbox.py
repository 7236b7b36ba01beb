"""Sound that waits: in order, bounded by age, and nothing is dropped in silence."""

import numpy as np
import pytest

from lightspeech.serving.inbox import CREEP, Dropped, Inbox
from lightspeech.serving.limits import Limits
from lightspeech.serving.protocol import Code, Refused

RATE = 8_000
TENTH = np.zeros((800, 1), np.int16)


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def inbox(clock):
    return Inbox(Limits(age_s=1.0, ahead_s=3.0, stream_s=60.0), clock)


def times(items):
    return [(type(item) is Dropped, round(item.start_s, 1), round(item.end_s, 1)) for item in items]


def test_what_comes_in_time_is_given_in_order_in_the_time_of_the_client(inbox, clock):
    for number in range(3):
        clock.now += 0.1
        inbox.put(77 + number / 10, TENTH, RATE)
    assert times(inbox.take()) == [(False, 0, 0.1), (False, 0.1, 0.2), (False, 0.2, 0.3)]
    assert not inbox
    assert inbox.take() == []
    assert inbox.taken_s == pytest.approx(0.3)


def test_what_waited_here_too_long_is_dropped_as_one_stretch(inbox, clock):
    for number in range(20):
        clock.now += 0.1
        inbox.put(number / 10, TENTH, RATE)
    clock.now += 0.05
    [dropped, *kept] = times(inbox.take())
    assert dropped == (True, 0.0, 1.0)
    assert kept[0] == (False, 1.0, 1.1)
    assert inbox.dropped_s == pytest.approx(1.0)


def test_what_waited_in_sockets_is_dropped_too_though_nobody_saw_it_wait(inbox, clock):
    clock.now += 0.1
    inbox.put(0.0, TENTH, RATE)
    assert len(inbox.take()) == 1
    clock.now += 2.2  # nothing is read for so long, then all comes at once
    for number in range(1, 23):
        inbox.put(number / 10, TENTH, RATE)
    [dropped, *kept] = times(inbox.take())
    assert dropped == (True, 0.1, 1.3)
    assert kept[-1] == (False, 2.2, 2.3)


def test_memory_is_bounded_though_nobody_takes_anything(inbox, clock):
    for number in range(500):
        clock.now += 0.1
        inbox.put(number / 10, TENTH, RATE)
    assert len(inbox.take()) < 15


def test_a_pause_is_no_age(inbox, clock):
    inbox.put(0.0, TENTH, RATE)
    clock.now += 0.5
    inbox.take()
    clock.now += 20
    inbox.put(20.5, TENTH, RATE)
    assert times(inbox.take()) == [(False, 20.5, 20.6)]


def test_a_clock_that_is_a_little_slow_is_no_age(clock):
    inbox = Inbox(Limits(age_s=0.5), clock)
    for number in range(10_000):
        clock.now += 1 + CREEP / 2
        inbox.put(number, np.zeros((RATE, 1), np.int16), RATE)
        assert times(inbox.take()) == [(False, number, number + 1)]


@pytest.mark.parametrize(
    ("stamps", "code"),
    [
        ([0.0, 5.0], Code.TOO_FAST),
        ([5.0, 0.0], Code.BAD_REQUEST),
        ([0.0, 61.0], Code.TOO_LONG),
    ],
)
def test_what_cannot_be_live_is_refused(inbox, clock, stamps, code):
    inbox.put(stamps[0], TENTH, RATE)
    clock.now += 60 if code is Code.TOO_LONG else 0
    with pytest.raises(Refused) as refused:
        inbox.put(stamps[1], TENTH, RATE)
    assert refused.value.code is code


def test_empty_chunks_are_no_sound(inbox):
    inbox.put(0.0, TENTH[:0], RATE)
    assert not inbox
