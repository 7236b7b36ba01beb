"""HTTP connections that say nothing, or a word a minute, are not kept."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


class Impatient(H11Protocol):
    """A connection that must ask within the time that it may be kept alive between two requests."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look at it now and then."""
        super().connection_made(transport)
        self._look_later()

    def _look_later(self) -> None:
        at_request: Any = self.cycle
        self.loop.call_later(self.config.timeout_keep_alive, self._look, at_request)

    def _look(self, at_request: Any) -> None:
        """Drop it if no request came since; one that became a stream, or is gone, is not ours."""
        if self not in self.connections:
            return
        is_answered = self.cycle is None or self.cycle.response_complete
        if is_answered and self.cycle is at_request:
            self.transport.abort()
        else:
            self._look_later()
