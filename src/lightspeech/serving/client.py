"""The client of ``lightspeech serve``: files, and streams that are fed like those of a recognizer.

Example: ``Client("http://localhost:8000").predict(Path("speech.wav"))``
"""

import json
import math
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

import numpy.typing as npt

from lightspeech.audio.samples import mono
from lightspeech.errors import MissingExtra, ServerError
from lightspeech.inference.answers import Segment
from lightspeech.inference.live_stream import Kind, Update
from lightspeech.serving.inbox import GAP_S
from lightspeech.serving.protocol import STAMP

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

TIMEOUT_S = 60.0
"""Seconds that an answer may take."""


class Client:
    """Asks one server."""

    def __init__(self, url: str, token: str | None = None) -> None:
        """Remember whom to ask; nothing is sent yet.

        Args:
            url: as ``http://localhost:8000``.
            token: of the server, where it wants one.
        """
        self._url = url.rstrip("/")
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def predict(
        self, audio: Path | bytes, *, model: str | None = None, whole: bool = False
    ) -> dict[str, Any]:
        """Have a file answered.

        Args:
            audio: it, or its bytes.
            model: name of one that the server has; default: its first.
            whole: one segment for all of it.

        Returns:
            What docs/serving.md says.

        Raises:
            ServerError: if the server refuses, or is not there.
        """
        asked = {"whole": str(whole).lower()} | ({} if model is None else {"model": model})
        content = audio.read_bytes() if isinstance(audio, Path) else audio
        headers = {**self._headers, "Content-Type": "application/octet-stream"}
        request = urllib.request.Request(
            f"{self._url}/v1/predict?{urlencode(asked)}", content, headers
        )
        return self._answered(request)

    def models(self) -> list[dict[str, Any]]:
        """Tell which models the server has.

        Raises:
            ServerError: if it refuses, or is not there.
        """
        request = urllib.request.Request(f"{self._url}/v1/models", headers=self._headers)
        return cast(list[dict[str, Any]], self._answered(request)["models"])

    @contextmanager
    def live(self, sample_rate: int, **asked: Any) -> Iterator["RemoteStream"]:
        """Open a stream, mono.

        Args:
            sample_rate: of what will be fed, in Hz.
            asked: ``model``, ``smoothing``, ``turns``, ``segments``, as docs/serving.md says.

        Raises:
            ServerError: if the server refuses, or is not there.
            MissingExtra: if the client of WebSockets is not installed.
        """
        try:
            from websockets.exceptions import WebSocketException
            from websockets.sync.client import connect
        except ImportError:
            raise MissingExtra("a stream to a server", "serve") from None
        address = "ws" + self._url.removeprefix("http") + "/v1/stream"
        try:
            connection = connect(
                address, additional_headers=self._headers, compression=None, proxy=None
            )
        except (OSError, WebSocketException) as error:
            raise ServerError(f"{address}: no stream ({error}); is the server there?") from None
        with connection:
            hello = {"type": "hello", "sample_rate": sample_rate, "encoding": "f32", **asked}
            yield RemoteStream(connection, hello)

    def _answered(self, request: urllib.request.Request) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
                return cast(dict[str, Any], json.load(response))
        except urllib.error.HTTPError as refused:
            with refused:
                raise _error(refused.read()) from None
        except OSError as error:
            raise ServerError(f"{request.full_url}: no answer ({error}); is it there?") from None


class RemoteStream:
    """A stream of a server; fed like `LiveStream`.

    Attributes:
        labels: of the model that answers.
        dropped_s: seconds of sound that came too late to be heard.
    """

    def __init__(self, connection: "ClientConnection", hello: dict[str, Any]) -> None:
        """Say what will be sent.

        Args:
            connection: to the server.
            hello: of docs/serving.md.

        Raises:
            ServerError: if the server refuses.
        """
        self._connection, self.dropped_s = connection, 0.0
        self._sample_rate: int = hello["sample_rate"]
        self._end_s = -math.inf  # of the last chunk, by the clock of this machine
        self._send(json.dumps(hello))
        ready = self._received(TIMEOUT_S)
        self.labels = tuple(ready["labels"]) if ready else ()

    def feed(self, chunk: npt.NDArray[Any]) -> list[Update]:
        """Send what was recorded just now; give what has been said by now.

        A chunk goes on where the one before ended, unless it comes so late that sound is missing.

        Args:
            chunk: shape ``(samples,)``; floats from −1 to 1, or integers, scaled by their type.

        Raises:
            ServerError: if the server ended the stream.
            AudioError: if shape, type or values are none of a recording; nothing is sent.
            ConfigError: if it is no array.
        """
        samples = mono(chunk, 1).astype("<f4", copy=False)
        duration_s = len(samples) / self._sample_rate
        stamp_s = time.monotonic() - duration_s
        if stamp_s < self._end_s + GAP_S:
            stamp_s = self._end_s
        self._end_s = stamp_s + duration_s
        self._send(STAMP.pack(stamp_s) + samples.tobytes())
        updates = []
        while message := self._received(0):
            updates += self._updates(message)
        return updates

    def flush(self) -> list[Update]:
        """Say that no more comes; give the rest.

        Raises:
            ServerError: if the server ended the stream in another way.
        """
        self._send('{"type": "end"}')
        updates = []
        while (message := self._received(TIMEOUT_S)) and message["type"] != "end":
            updates += self._updates(message)
        return updates

    def _updates(self, message: dict[str, Any]) -> list[Update]:
        kind = message.pop("type")
        if kind == "dropped":
            self.dropped_s += message["end_s"] - message["start_s"]
            return []
        message.pop("activation", None)  # a segment adds it up itself
        return [Update(Kind(kind), message.pop("at_s"), Segment(**message))]

    def _send(self, content: str | bytes) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            self._connection.send(content)
        except ConnectionClosed:
            while self._received(0):  # what the server said before it closed tells why
                pass

    def _received(self, within_s: float) -> dict[str, Any] | None:
        """Take a message; none where none comes in time."""
        from websockets.exceptions import ConnectionClosed

        try:
            content = self._connection.recv(within_s)
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            raise ServerError(f"the server closed the stream ({closed}); open it again") from None
        message = cast(dict[str, Any], json.loads(content))
        if message["type"] == "error":
            raise _error(json.dumps({"error": message}).encode())
        return message


def _error(content: bytes) -> ServerError:
    try:
        error = json.loads(content)["error"]
        return ServerError(f"{error['code']}: {error['message']}")
    except (ValueError, KeyError, TypeError):
        return ServerError(f"the server says {content[:200]!r}; is it lightspeech serve?")
