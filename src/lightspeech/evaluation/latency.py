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
    cpu_ms: float | None = None
    """Median processor time, of programs that were started too: what a busy machine cannot stretch,
    as it stretches a long call more than a short one."""

    @property
    def work_ms(self) -> float:
        """Processor time where it was read, else the clock's."""
        return self.median_ms if self.cpu_ms is None else self.cpu_ms


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
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    order = np.random.default_rng(0)
    for _ in range(rounds):
        for name in order.permutation(list(calls)):
            begin, begin_cpu = time.perf_counter(), _processor_s()
            calls[name]()
            taken[name].append((time.perf_counter() - begin, _processor_s() - begin_cpu))
    return {name: _spread(pairs) for name, pairs in taken.items()}


def _processor_s() -> float:
    try:
        import resource
    except ModuleNotFoundError:  # Windows: of this process alone
        return time.process_time()
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def _spread(taken_s: list[tuple[float, float]]) -> Latency:
    durations_ms, cpu_ms = 1_000 * np.array(taken_s).T
    median, p95 = np.percentile(durations_ms, (50, 95))
    return Latency(
        median_ms=round(float(median), 4),
        p95_ms=round(float(p95), 4),
        rounds=len(taken_s),
        cpu_ms=round(float(np.median(cpu_ms)), 4),
    )
