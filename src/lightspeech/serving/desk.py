"""The one place where streams are heard: what came to all of them, some times a second, by threads.

To hand each chunk to a thread alone would cost as much as to hear it. Windows of several streams
are not asked in one call of the runtime: measured, that is no quicker (benchmarks/serving.py).
"""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Executor
from itertools import chain

from lightspeech.serving.inbox import Chunk, Dropped
from lightspeech.serving.protocol import Code, Refused
from lightspeech.serving.session import Message, Session

TICK_S = 0.05
"""Seconds that sound may wait for the others."""

log = logging.getLogger(__name__)

Work = tuple[Session, list[Chunk | Dropped], bool]


class Desk:
    """Hears all streams.

    Attributes:
        sessions: that are open.
    """

    def __init__(self, threads: Executor, n_threads: int) -> None:
        """Begin with no stream.

        Args:
            threads: that hear.
            n_threads: how many at once.
        """
        self.sessions: set[Session] = set()
        self._threads, self._n_threads = threads, n_threads

    async def run(self) -> None:
        """Hear for ever."""
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            ready = [one for one in self.sessions if one.inbox or one.ends]
            work = [self._work(one) for one in ready]
            parts = [work[first :: self._n_threads] for first in range(self._n_threads)]
            heard = await asyncio.gather(
                *(loop.run_in_executor(self._threads, _hear, part) for part in parts if part)
            )
            for session, messages in chain.from_iterable(heard):
                for message in messages:
                    session.outbox.put_nowait(message)
            await asyncio.sleep(max(TICK_S - (loop.time() - began_s), 0))

    def _work(self, session: Session) -> Work:
        """Take what came; a stream that ends is heard for the last time."""
        if session.ends:
            self.sessions.discard(session)
        return session, session.inbox.take(), session.ends


def _hear(work: Sequence[Work]) -> list[tuple[Session, list[Message]]]:
    """Hear a part of the streams, in a thread."""
    return [(session, _heard(session, items, ends)) for session, items, ends in work]


def _heard(session: Session, items: Sequence[Chunk | Dropped], ends: bool) -> list[Message]:
    try:
        return session.hear(items, ends=ends)
    except Exception:  # one stream must not end all others
        log.exception("a stream failed")
        refused = Refused(Code.INTERNAL, "the server failed; open the stream again")
        return [Message(refused.as_json())]
