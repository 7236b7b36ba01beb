import subprocess
import sys
import time

import pytest

from lightspeech.evaluation import latency


def test_a_slow_call_takes_longer_than_a_fast_one_and_p95_is_no_less_than_the_median():
    found = latency.measure(
        {"slow": lambda: time.sleep(0.004), "fast": lambda: time.sleep(0.0005)}, rounds=20
    )
    assert found["slow"].median_ms >= 4 > found["fast"].median_ms
    assert all(f.p95_ms >= f.median_ms and f.rounds == 20 for f in found.values())


def test_rounds_are_interleaved_in_changing_order():
    called = []
    calls = {name: lambda name=name: called.append(name) for name in "abc"}
    latency.measure(calls, rounds=30)
    counted = called[3 * latency.WARM_UP :]
    rounds = ["".join(counted[i : i + 3]) for i in range(0, 90, 3)]
    assert all(sorted(order) == list("abc") for order in rounds)
    assert len(set(rounds)) == 6


def test_without_a_round_there_is_nothing_to_measure():
    with pytest.raises(ValueError, match="rounds must be at least 1, found 0"):
        latency.measure({}, rounds=0)


def test_waiting_takes_time_but_no_processor():
    found = latency.measure({"wait": lambda: time.sleep(0.01)}, rounds=5)["wait"]
    assert found.cpu_ms < 5 < found.median_ms


def test_the_processor_time_of_a_started_program_counts():
    work = [sys.executable, "-c", "sum(range(3_000_000))"]
    found = latency.measure({"work": lambda: subprocess.run(work)}, rounds=2)["work"]
    assert found.cpu_ms > 15
