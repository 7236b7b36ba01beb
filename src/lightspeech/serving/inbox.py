"""Sound that came and was not heard yet: bounded, by age, and what was dropped is known.

An application that does not read lets two minutes of speech pile up in the buffers of sockets,
where no server can see them. So each chunk carries the time at which it was recorded: how much
later than the quickest one it came is its age, wherever it waited.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from lightspeech.serving.encodings import Samples
from lightspeech.serving.limits import Limits
from lightspeech.serving.protocol import Code, Refused

GAP_S = 0.5
"""Seconds by which a chunk may be off the end of the one before and still follow it: the clock of
a system is not that of its sound card, and timers jitter."""
CREEP = 5e-4
"""Seconds a second that a client's clock may be slower than this one, which is no age."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """Sound that came.

    Attributes:
        start_s: when it was recorded, in seconds from the first chunk.
        duration_s: of it, in seconds.
        samples: shape ``(samples, channels)``.
        came_s: when it came, in seconds of the clock of the server.
    """

    start_s: float
    duration_s: float
    samples: Samples
    came_s: float

    @property
    def end_s(self) -> float:
        """When it ended, in seconds from the first chunk."""
        return self.start_s + self.duration_s


@dataclass(frozen=True)
class Dropped:
    """Sound that nobody will hear.

    Attributes:
        start_s: seconds from the first chunk.
        end_s: seconds.
    """

    start_s: float
    end_s: float


class Inbox:
    """Sound of one stream that waits to be heard.

    Attributes:
        taken_s: seconds of sound that were taken to be heard.
        dropped_s: seconds of sound that were dropped.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin a stream.

        Args:
            limits: how old, how early, and how much.
            clock: seconds of the server.
        """
        self._limits, self._clock = limits, clock
        self._waiting: deque[Chunk] = deque()
        self._dropped: Dropped | None = None  # before what waits, not told yet
        self._first_s: float | None = None  # stamp of the first chunk
        self._began_s = 0.0  # when that was recorded, at the earliest, by the server's clock
        self._came_s = self._end_s = 0.0  # of the last chunk
        self._delay_s = 0.0  # from the end of a chunk to its coming, of the quickest one
        self.taken_s = self.dropped_s = 0.0

    def __bool__(self) -> bool:
        """Tell whether there is something to take."""
        return bool(self._waiting or self._dropped)

    def put(self, stamp_s: float, samples: Samples, sample_rate: int) -> None:
        """Take what came.

        Args:
            stamp_s: when it was recorded, in seconds of the client's clock.
            samples: shape ``(samples, channels)``.
            sample_rate: of it, in Hz.

        Raises:
            Refused: if it was recorded before the end of the one before, comes faster than it can
                be spoken, or is more than a stream may have.
        """
        now, duration_s = self._clock(), len(samples) / sample_rate
        if self._first_s is None:
            self._first_s, self._came_s, self._began_s = stamp_s, now, now - duration_s
        start_s = stamp_s - self._first_s
        end_s = start_s + duration_s
        self._check(start_s, end_s, now)
        slower_s = CREEP * (now - self._came_s)
        self._delay_s = min(self._delay_s + slower_s, now - self._began_s - end_s)
        self._came_s, self._end_s = now, end_s
        if duration_s:
            self._waiting.append(Chunk(start_s, duration_s, samples, now))
        self._drop(now)

    def take(self) -> list[Chunk | Dropped]:
        """Give what is to be heard, and before it what was dropped."""
        self._drop(self._clock())
        taken: list[Chunk | Dropped] = [self._dropped] if self._dropped else []
        taken += self._waiting
        self.taken_s += sum(chunk.duration_s for chunk in self._waiting)
        self._waiting.clear()
        self._dropped = None
        return taken

    def _check(self, start_s: float, end_s: float, now: float) -> None:
        if start_s < self._end_s - GAP_S:
            raise Refused(
                Code.BAD_REQUEST,
                f"a chunk of {start_s:.2f} s comes after one that ended at {self._end_s:.2f} s",
            )
        if end_s > now - self._began_s + self._limits.ahead_s:
            raise Refused(
                Code.TOO_FAST,
                "sound comes faster than it can be spoken; send it as it is recorded, and files to "
                "/v1/predict",
            )
        if end_s > self._limits.stream_s:
            limit_s = self._limits.stream_s
            raise Refused(Code.TOO_LONG, f"a stream lasts {limit_s:g} s at most; open another")

    def _drop(self, now: float) -> None:
        """Drop what is too old: the chunks that wait longest, since times only rise."""
        oldest_s = now - self._began_s - self._delay_s - self._limits.age_s
        while self._waiting and self._waiting[0].end_s < oldest_s:
            chunk = self._waiting.popleft()
            start_s = self._dropped.start_s if self._dropped else chunk.start_s
            self._dropped = Dropped(start_s, chunk.end_s)
            self.dropped_s += chunk.duration_s
