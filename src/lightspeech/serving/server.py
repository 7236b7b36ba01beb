"""The server itself: one process that ends what it has begun before it goes."""

import asyncio
import contextlib
import logging
import socket
from types import FrameType

import uvicorn

from lightspeech.errors import ConfigError
from lightspeech.serving.app import app
from lightspeech.serving.patience import Impatient
from lightspeech.serving.service import Service

SPARE = 64
"""Connections beyond those that may work: who asks how the server is, or is refused with a word."""
POLL_S = 0.02


def is_ours(record: logging.LogRecord) -> bool:
    """Tell whether a fault is the server's: a line for each that a client makes fills disks.

    A stream that is refused with an answer of HTTP is none either; uvicorn 0.54 takes it for one.
    """
    if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
        return False
    return "without completing handshake" not in record.getMessage()


class Server(uvicorn.Server):
    """Serves a service; the first signal lets it end what it has begun, the second one does not."""

    def __init__(self, service: Service) -> None:
        """Configure it.

        Args:
            service: what is served.
        """
        limits = service.limits
        super().__init__(
            uvicorn.Config(
                app(service),
                # Of the implementations of WebSocket the one that holds one message at most.
                ws="websockets-sansio",
                ws_max_size=limits.message_bytes,
                # Compressed messages may grow a thousandfold; and a ping ends healthy clients whose
                # answer waits behind their sound: whoever sends nothing is ended by `idle_s`.
                ws_per_message_deflate=False,
                ws_ping_interval=None,
                http=Impatient,
                timeout_keep_alive=max(round(limits.hello_s), 1),
                limit_concurrency=limits.streams + limits.uploads + SPARE,
                timeout_graceful_shutdown=2,
                access_log=False,
                log_level="error",
                server_header=False,
            )
        )
        logging.getLogger("uvicorn.error").addFilter(is_ours)
        self._service = service
        service.connections = self.server_state.connections
        self._draining: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until it is told to end."""
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End at a signal: the first time with patience.

        Args:
            sig: its number.
            frame: where it came.
        """
        if self._draining is not None:
            self.should_exit = self.force_exit = True
        else:
            self.stop()

    def stop(self) -> None:
        """Begin nothing new, end what was begun, then end; from any thread."""
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop is closed: it has ended
            self._loop.call_soon_threadsafe(self._begin_to_end)

    def _begin_to_end(self) -> None:
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        service = self._service
        service.stopping.set()
        end_s = asyncio.get_running_loop().time() + service.limits.drain_s
        while service.n_streams or service.n_uploads:
            if asyncio.get_running_loop().time() > end_s:
                break
            await asyncio.sleep(POLL_S)
        self.should_exit = True


def bound(host: str, port: int) -> socket.socket:
    """Take an address.

    Args:
        host: name or address.
        port: its number; 0 takes a free one.

    Raises:
        ConfigError: if it is not to be had.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with contextlib.ExitStack() as on_error:
            taken = on_error.enter_context(socket.socket(family, kind))
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(address)
            taken.listen()  # from now on who connects waits, and is not sent away
            on_error.pop_all()
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {host} port {port} ({error.strerror}); choose another: --port 0"
        ) from None
    return taken
