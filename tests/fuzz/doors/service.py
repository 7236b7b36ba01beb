"""The HTTP service: uploads, requests that are none, and what streams send."""

import contextlib
import json
import re
import socket
import threading
import time
from pathlib import Path
from random import Random

from mutations import as_json, binary, encoded, odd_text, text
from soundfile import write

from doors import Door
from doors.audio import FORMATS, RATE, speech
from lightspeech.errors import ServerError
from lightspeech.serving.protocol import STAMP

HOST = "127.0.0.1"
HELLO = json.dumps(
    {"type": "hello", "sample_rate": RATE, "encoding": "s16", "channels": 1}
).encode()
SOUND = (speech(1.0) * 32_000).astype("<i2").tobytes()
REQUEST = b"POST /v1/predict?whole=true HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
SHORT = {"idle_s": 1.0, "hello_s": 1.0, "receive_s": 1.0, "send_s": 1.0}
_ports: list[int] = []
"""Of the server of this process."""


def _serve() -> None:
    """Run a server in a thread, whose decoder is a process of its own."""
    import lightspeech
    from lightspeech.serving.access import Access
    from lightspeech.serving.limits import Limits
    from lightspeech.serving.server import Server, bound
    from lightspeech.serving.service import Service

    limits = Limits(decoders=1, age_s=1e3, ahead_s=1e3, upload_bytes=500_000, **SHORT)
    server = Server(Service({"nano": lightspeech.load("nano")}, Access(), limits))
    taken = bound(HOST, 0)
    threading.Thread(target=server.run, args=([taken],), daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    _ports[:] = [taken.getsockname()[1]]


def _check_well() -> None:
    """Fail where the server does not answer a good request any more."""
    status, _ = _ask(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    if status != 200:
        raise RuntimeError(f"the server is not well: {status}")


def _ask(request: bytes) -> tuple[int, bytes]:
    """Send bytes; give the status of the answer, 0 where the server only hung up."""
    with socket.create_connection((HOST, _ports[0]), 20) as connection:
        answer = b""
        with contextlib.suppress(ConnectionError):
            connection.sendall(request)
            while not _is_whole(answer) and (part := connection.recv(1 << 16)):
                answer += part
    words = answer.split(b" ", 2)
    return (int(words[1]) if len(words) > 1 and words[1].isdigit() else 0), answer


def _is_whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    return length is not None and len(body) >= int(length[1])


def _make(folder: Path) -> None:
    for suffix in ("wav", "flac", "ogg", "mp3"):
        format, subtype = FORMATS[suffix][0]
        write(folder / f"a.{suffix}", speech(0.3), RATE, subtype, format=format)


def _spoil(rng: Random, good: Path, to: Path) -> None:
    """Spoil a file, its request, or both."""
    content = rng.choice(sorted(good.iterdir())).read_bytes()
    if rng.random() < 0.7:
        content = binary(rng, content)
    head = REQUEST % len(content)
    if rng.random() < 0.5:
        head = text(rng, head)
    (to / "request").write_bytes(head + content)


def _ask_well(good: Path, to: Path) -> None:
    content = (good / "a.wav").read_bytes()
    (to / "request").write_bytes(REQUEST % len(content) + content)


def _upload(folder: Path) -> None:
    status, answer = _ask((folder / "request").read_bytes())
    if status >= 500 and status != 503:
        raise RuntimeError(f"the server failed: {answer[:500]!r}")
    _check_well()
    if status != 200:
        raise ServerError(f"refused with {status}")


def _talk(rng: Random, good: Path, to: Path) -> None:
    """Write messages of a stream, some of them odd."""
    hello = as_json(rng, HELLO) if rng.random() < 0.6 else HELLO
    messages = [b"t" + hello]
    for number in range(rng.randrange(1, 6)):
        stamp = number / 10 if rng.random() < 0.8 else rng.choice((-1.0, 1e300, float("nan")))
        chunk = _chunk(stamp, number)
        odd = b"t" + encoded(odd_text(rng))
        messages.append(rng.choice((chunk, chunk, chunk, b"b" + binary(rng, chunk[1:]), odd)))
    _say(to, messages)


def _talk_well(good: Path, to: Path) -> None:
    _say(to, [b"t" + HELLO, *(_chunk(number / 10, number) for number in range(9))])


def _chunk(stamp_s: float, number: int) -> bytes:
    return b"b" + STAMP.pack(stamp_s) + SOUND[3_200 * number :][:3_200]


def _say(folder: Path, messages: list[bytes]) -> None:
    for number, message in enumerate([*messages, b't{"type": "end"}']):
        (folder / str(number)).write_bytes(message)


def _stream(folder: Path) -> None:
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    url = f"ws://{HOST}:{_ports[0]}/v1/stream"
    with connect(url, compression=None, proxy=None) as connection:
        with contextlib.suppress(ConnectionClosed):
            for path in sorted(folder.iterdir(), key=lambda path: int(path.name)):
                kind, content = path.read_bytes()[:1], path.read_bytes()[1:]
                connection.send(content, text=kind == b"t")
            while True:
                if '"internal"' in str(connection.recv(10)):
                    raise RuntimeError("the server failed")
        if connection.close_code in (1011, None):
            raise RuntimeError(f"the stream was closed with {connection.close_code}")
    _check_well()
    if connection.close_code != 1000:
        raise ServerError(f"closed with {connection.close_code}")


DOORS = [
    Door(name="upload", share=1, make=_make, spoil=_spoil, untouched=_ask_well,
         enter=_upload, setup=_serve),
    Door(name="stream", share=1, make=lambda _: None, spoil=_talk, untouched=_talk_well,
         enter=_stream, setup=_serve),
]  # fmt: skip
