"""How long models take, side by side: interleaved, so that ratios hold on a noisy machine."""

import time
from collections.abc import Callable, Mapping

import numpy as np

from lightspeech.config import config

WARM_UP = 5
"""First calls, not counted: memory is allocated and caches are cold."""


@config
class Latency:
    """Durations of one call."""

    median_ms: float
    p95_ms: float
    rounds: int


def measure(calls: Mapping[str, Callable[[], object]], *, rounds: int = 100) -> dict[str, Latency]:
    """Time calls, each once a round, every round in another order.

    Whatever slows the machine for a moment slows all of them alike, and none is always first.

    Args:
        calls: what to time, by name; each does one whole piece of work, on the threads it was
            opened with.
        rounds: calls of each that count, at least 1.

    Raises:
        ValueError: if there are no rounds to count.
    """
    if rounds < 1:
        raise ValueError(f"rounds must be at least 1, found {rounds}")
    for call in calls.values():
        for _ in range(WARM_UP):
            call()
    taken: dict[str, list[float]] = {name: [] for name in calls}
    order = np.random.default_rng(0)
    for _ in range(rounds):
        for name in order.permutation(list(calls)):
            begin = time.perf_counter()
            calls[name]()
            taken[name].append(1000 * (time.perf_counter() - begin))
    return {name: _spread(durations_ms) for name, durations_ms in taken.items()}


def _spread(durations_ms: list[float]) -> Latency:
    median, p95 = np.percentile(durations_ms, (50, 95))
    return Latency(
        median_ms=round(float(median), 4), p95_ms=round(float(p95), 4), rounds=len(durations_ms)
    )
