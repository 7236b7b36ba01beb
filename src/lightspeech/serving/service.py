"""What all requests of one server share: models, threads, decoders, counters."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.websockets import WebSocket

from lightspeech import bundle as bundles
from lightspeech.inference.recognizer import Recognizer
from lightspeech.serving.access import Access
from lightspeech.serving.decoding import Decoders
from lightspeech.serving.desk import Desk
from lightspeech.serving.limits import Limits
from lightspeech.serving.metrics import Metrics
from lightspeech.serving.protocol import Code, Refused


class Service:
    """One server.

    Attributes:
        recognizers: by name; the first one answers where none is named.
        access: who may ask.
        limits: how much.
        metrics: what was done.
        threads: that answer uploads; streams have their own, and wait for no file.
        desk: where streams are heard.
        decoders: of uploads.
        stopping: set as soon as nothing new is begun.
        n_streams: that are open, those included that did not say yet what they are.
        n_compressed: of these in WebM.
        n_uploads: that are received or answered now.
        is_well: tells whether new work is taken.
        connections: of the server, each with ``client`` and ``transport``.
    """

    def __init__(
        self, recognizers: Mapping[str, Recognizer], access: Access, limits: Limits
    ) -> None:
        """Begin; nothing runs yet.

        Args:
            recognizers: by name, one at least.
            access: who may ask.
            limits: how much.

        Raises:
            ConfigError: if a bundle tells ratings.
        """
        for recognizer in recognizers.values():
            bundles.require_classes(recognizer.bundle)
        self.recognizers, self.access, self.limits = dict(recognizers), access, limits
        self.metrics = Metrics()
        n_threads = os.cpu_count() or 1
        self.threads = ThreadPoolExecutor(limits.decoders, "uploads")
        self._hearing = ThreadPoolExecutor(n_threads, "streams")
        self.desk = Desk(self._hearing, n_threads)
        self.decoders = Decoders(limits)
        self.stopping = asyncio.Event()
        self.connections: Collection[Any] = ()
        self.is_well: Callable[[], bool] = lambda: False
        self.n_streams = self.n_compressed = self.n_uploads = 0

    def recognizer(self, name: str | None) -> Recognizer:
        """Find a model.

        Raises:
            Refused: if there is none of that name.
        """
        found = self.recognizers.get(name or next(iter(self.recognizers)))
        if found is None:
            raise Refused(
                Code.NO_SUCH_MODEL, f"no model {name!r} here; one of {sorted(self.recognizers)}"
            )
        return found

    def check_begins(self, n_open: int, limit: int, what: str) -> None:
        """Refuse to begin one more.

        Args:
            n_open: that were begun.
            limit: how many may be.
            what: they are called.

        Raises:
            Refused: if there are enough, or the server ends.
        """
        if self.stopping.is_set():
            raise Refused(Code.STOPPING, "the server ends; ask again in a moment")
        if n_open >= limit:
            raise Refused(Code.FULL, f"{limit} {what} at once are all there can be; ask later")

    def hang_up(self, websocket: WebSocket) -> None:
        """Drop a connection whose client takes nothing, not even a farewell."""
        self.metrics.refused.labels(Code.TOO_SLOW.value).inc()
        for connection in self.connections:
            if connection.client == (websocket.client and tuple(websocket.client)):
                connection.transport.abort()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run what works in the background."""
        await self.decoders.start()
        hearing = asyncio.create_task(self.desk.run())
        self.is_well = lambda: not (hearing.done() or self.stopping.is_set())
        try:
            yield
        finally:
            hearing.cancel()
            with suppress(asyncio.CancelledError):
                await hearing
            await self.decoders.stop()
            self._hearing.shutdown()
            self.threads.shutdown()
