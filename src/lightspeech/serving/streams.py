"""WebSocket ``/v1/stream``: sound comes, answers go; docs/serving.md is the protocol.

What comes is always taken, or it would pile up where nobody sees its age; the desk hears it; what
is said is sent by a task of its own, so that a client that takes nothing delays nobody.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from lightspeech.serving import access, protocol
from lightspeech.serving.decoder import LIVE_RATE
from lightspeech.serving.encodings import TYPES, decoded
from lightspeech.serving.inbox import Inbox
from lightspeech.serving.protocol import VERSION, Code, Hello, Refused
from lightspeech.serving.service import Service
from lightspeech.serving.session import Session
from lightspeech.serving.webm import Webm

DONE, GOING_AWAY, REFUSED = 1000, 1001, 4000
"""Codes that a stream is closed with; of what is refused `protocol.HTTP_STATUS` is added."""
OPUS = "opus"


class Over(Exception):  # noqa: N818 (nobody's error)
    """All is said, or the client is not there any more."""


async def serve(service: Service, websocket: WebSocket) -> None:
    """Serve a stream to its end.

    Args:
        service: hears.
        websocket: was not accepted yet.
    """
    await websocket.accept()
    try:
        service.check_begins(service.n_streams, service.limits.streams, "streams")
        service.n_streams += 1
        service.metrics.streams.inc()
        try:
            await _serve(service, websocket)
        finally:
            service.n_streams -= 1
            service.metrics.streams.dec()
    except Refused as refused:
        service.metrics.refused.labels(refused.code.value).inc()
        await _refuse(service, websocket, refused)
    except Over:
        pass


async def _serve(service: Service, websocket: WebSocket) -> None:
    hello = await _hello(service, websocket)
    async with _opened(service, hello) as (session, webm):
        await _send(service, websocket, _ready(service, hello))
        # Each goes on until something ends the stream, and then raises what it is.
        work = [
            asyncio.create_task(_receive(service, websocket, hello, session, webm)),
            asyncio.create_task(_say(service, websocket, session)),
            asyncio.create_task(_watch(service, session)),
            asyncio.create_task(_stop(service, session, webm)),
        ]
        if webm is not None:
            work.append(asyncio.create_task(_decode(session, webm)))
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_EXCEPTION)
            for task in work:
                if task.done():
                    task.result()
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)


async def _hello(service: Service, websocket: WebSocket) -> Hello:
    """Hear what a stream is to be, and who asks."""
    try:
        async with asyncio.timeout(service.limits.hello_s):
            content = await _message(websocket)
    except TimeoutError:
        limit_s = service.limits.hello_s
        raise Refused(Code.TOO_SLOW, f"no hello came in {limit_s:g} s") from None
    if not isinstance(content, str):
        raise Refused(Code.BAD_REQUEST, "a stream begins with a hello, as text")
    hello = protocol.hello(content)
    service.access.check_token(access.bearer(websocket.headers) or hello.token)
    if hello.encoding != OPUS:
        width = TYPES[hello.encoding].itemsize * hello.channels
        if hello.sample_rate * width > service.limits.byte_rate:
            raise Refused(
                Code.BAD_REQUEST,
                f"{hello.sample_rate * width} bytes a second; {service.limits.byte_rate} are taken",
            )
    return hello


@asynccontextmanager
async def _opened(service: Service, hello: Hello) -> AsyncIterator[tuple[Session, Webm | None]]:
    """Have a stream heard while the block runs."""
    recognizer, inbox, webm = service.recognizer(hello.model), Inbox(service.limits), None
    if hello.encoding == OPUS:
        session = Session(recognizer, hello, inbox, LIVE_RATE, 1)
        service.check_begins(
            service.n_compressed, service.limits.compressed_streams, "compressed streams"
        )
        service.n_compressed += 1
    else:
        session = Session(recognizer, hello, inbox, hello.sample_rate, hello.channels)
    service.desk.sessions.add(session)
    try:
        webm = await Webm.start(inbox, service.limits) if hello.encoding == OPUS else None
        yield session, webm
    finally:
        service.desk.sessions.discard(session)
        service.metrics.heard.inc(inbox.taken_s)
        service.metrics.dropped.inc(inbox.dropped_s)
        if hello.encoding == OPUS:
            service.n_compressed -= 1
        if webm is not None:
            await webm.end()


def _ready(service: Service, hello: Hello) -> dict[str, Any]:
    bundle = service.recognizer(hello.model).bundle
    window, hop = bundle.windows.samples(bundle.sample_rate)
    return {
        "type": "ready", "version": VERSION, "model": bundle.name, "labels": list(bundle.labels),
        "window_s": window / bundle.sample_rate, "hop_s": hop / bundle.sample_rate,
        "age_s": service.limits.age_s, "idle_s": service.limits.idle_s,
    }  # fmt: skip


async def _receive(
    service: Service, websocket: WebSocket, hello: Hello, session: Session, webm: Webm | None
) -> None:
    """Take what comes, for ever; after the end nothing but that the client went."""
    while True:
        content = await _message(websocket)
        session.is_idle = False
        if session.ends:
            continue
        if isinstance(content, str):
            if protocol.message(content) != {"type": "end"}:
                raise Refused(Code.BAD_REQUEST, 'after its hello a client says {"type": "end"}')
            _finish(session, webm)
            continue
        stamp_s, sound = protocol.chunk(content)
        if webm is not None:
            await webm.feed(stamp_s, sound)
        else:
            samples = decoded(sound, hello.encoding, hello.channels)
            session.inbox.put(stamp_s, samples, hello.sample_rate)


def _finish(session: Session, webm: Webm | None) -> None:
    """No more comes; what is decoded still is heard."""
    if webm is None:
        session.ends = True
    else:
        webm.finish()


async def _decode(session: Session, webm: Webm) -> None:
    await webm.pump()
    session.ends = True


async def _stop(service: Service, session: Session, webm: Webm | None) -> None:
    """End the stream with the server, with all that can be said."""
    await service.stopping.wait()
    _finish(session, webm)


async def _say(service: Service, websocket: WebSocket, session: Session) -> None:
    """Send what is to be said; the last of it ends the stream."""
    while True:
        content, came_s = await session.outbox.get()
        if content["type"] == "error":
            raise Refused(Code(content["code"]), content["message"])
        await _send(service, websocket, content)
        if came_s is not None:
            service.metrics.lag.observe(time.monotonic() - came_s)
        if content["type"] == "end":
            await websocket.close(GOING_AWAY if service.stopping.is_set() else DONE)
            raise Over


async def _watch(service: Service, session: Session) -> None:
    """End a stream whose client says nothing; a timeout for each message would cost more."""
    while not session.is_idle:
        session.is_idle = True
        await asyncio.sleep(service.limits.idle_s)
    raise Refused(Code.IDLE, f"nothing came for {service.limits.idle_s:g} s")


async def _message(websocket: WebSocket) -> str | bytes:
    """Take a message: text or bytes."""
    event = await websocket.receive()
    if event["type"] == "websocket.disconnect":
        raise Over
    text: str | None = event.get("text")
    content: bytes = event.get("bytes") or b""
    return content if text is None else text


async def _send(service: Service, websocket: WebSocket, content: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(service.limits.send_s):
            await websocket.send_text(json.dumps(content))
    except TimeoutError:
        service.hang_up(websocket)  # it takes no farewell either
        raise Over from None
    except (WebSocketDisconnect, RuntimeError):  # the second where its own farewell came first
        raise Over from None
    service.metrics.messages.labels(content["type"]).inc()


async def _refuse(service: Service, websocket: WebSocket, refused: Refused) -> None:
    """Say why, and close."""
    try:
        await _send(service, websocket, refused.as_json())
        await websocket.close(REFUSED + refused.status, refused.code.value)
    except (Over, WebSocketDisconnect, RuntimeError):
        pass
