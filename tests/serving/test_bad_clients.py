"""Clients that are slow, silent, gone, or talk nonsense, harm nobody but themselves."""

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

import lightspeech
from lightspeech.audio.windows import Windows

RATE = 16_000
HELLO = json.dumps({"type": "hello", "sample_rate": RATE})
STAMPED = bytes(8)


@pytest.fixture(autouse=True)
def nothing_is_left(server):
    """After each of them no stream is left, and a good client is served."""
    yield
    server.until(lambda: server.service.n_streams == 0)
    assert not server.service.desk.sessions
    with server.stream({}) as connection:
        connection.send('{"type": "end"}')
        assert server.messages(connection)[1] == 1000
    assert server.service.is_well()


@pytest.mark.parametrize(
    ("messages", "code", "close"),
    [
        ([], "too_slow", 4408),
        (["{"], "bad_request", 4400),
        ([b"\0" * 99], "bad_request", 4400),
        ([HELLO.replace("16000", "1")], "bad_request", 4400),
        ([HELLO.replace("}", ', "model": "huge"}')], "no_such_model", 4404),
        ([HELLO.replace("}", ', "smoothing": 2}')], "bad_request", 4400),
        ([HELLO.replace("}", ', "channels": 60, "encoding": "f32"}')], "bad_request", 4400),
        ([HELLO], "idle", 4408),
        ([HELLO, HELLO], "bad_request", 4400),
        ([HELLO, b""], "bad_request", 4400),
        ([HELLO, STAMPED + b"123"], "bad_request", 4400),
        ([HELLO.replace("}", ', "encoding": "opus"}'), STAMPED + b"no webm" * 99], "idle", 4408),
        (
            [
                HELLO.replace("}", ', "encoding": "f32"}'),
                STAMPED + np.full(1_600, np.nan, "<f4").tobytes(),
            ],
            "bad_audio",
            4422,
        ),
    ],
)
def test_nonsense_is_refused_with_a_code(server, messages, code, close):
    with server.stream() as connection:
        for message in messages:
            connection.send(message)
        said, closed = server.messages(connection)
    assert said[-1]["type"] == "error"
    assert (said[-1]["code"], closed) == (code, close)
    assert said[-1]["message"]


def test_what_is_no_webm_is_refused(server):
    with server.stream({"encoding": "opus"}) as connection:
        connection.send(STAMPED + b"no webm" * 99)
        connection.send('{"type": "end"}')
        said, closed = server.messages(connection)
    assert (said[-1]["code"], closed) == ("bad_audio", 4422)


def test_a_message_that_is_too_large_closes_the_stream(server):
    with server.stream({}) as connection:
        connection.send(bytes(60_000))
        assert server.messages(connection)[1] == 1009


def test_sound_that_comes_faster_than_it_can_be_spoken_is_refused(start):
    with start(ahead_s=1.0) as other, other.stream({}) as connection:
        with contextlib.suppress(ConnectionClosed):  # it is refused before all of it is sent
            other.feed(connection, np.zeros(3 * RATE, np.int16))
        said, closed = other.messages(connection)
    assert (said[-1]["code"], closed) == ("too_fast", 4429)


def test_more_streams_than_may_be_are_refused(start):
    with start(streams=1) as other, other.stream({}), other.stream() as connection:
        said, closed = other.messages(connection)
    assert (said[-1]["code"], closed) == ("full", 4503)


def test_pages_of_others_may_not_stream(server):
    with pytest.raises(InvalidStatus, match="403"), server.stream(origin="https://evil.example"):
        pass


def test_a_client_that_takes_no_answers_is_dropped_and_delays_nobody(start_with, make_bundle):
    windows = Windows(window_s=0.1, hop_s=0.01)  # a hundred answers a second fill every buffer
    toy = lightspeech.load(make_bundle(windows=windows).path)
    with start_with(toy, send_buffer=4_096, send_s=0.2, age_s=1e3, ahead_s=1e3) as other:
        with raw(other, receive_buffer=2_048) as connection:
            with contextlib.suppress(ConnectionError):  # it is dropped before all of it is sent
                connection.sendall(frame(1, HELLO.encode()))
                for tenth in range(100):
                    stamp = np.array(tenth / 10, "<f8").tobytes()
                    connection.sendall(frame(2, stamp + bytes(2 * RATE // 10)))
            dropped = b'lightspeech_refused_total{code="too_slow"} 1.0'
            other.until(lambda: dropped in other.ask("/metrics")[1])
            other.until(lambda: not other.service.n_streams)
            other.until(lambda: not other.service.connections)


def test_clients_that_are_killed_leave_no_stream(server):
    program = (
        "import sys, time\n"
        "from contextlib import ExitStack\n"
        "from websockets.sync.client import connect\n"
        "opened = lambda: connect(sys.argv[1], compression=None, proxy=None)\n"
        "stack = ExitStack(); kept = [stack.enter_context(opened()) for _ in range(20)]\n"
        f"for one in kept: one.send({HELLO!r}); one.recv(); one.send(bytes(3208))\n"
        "print('open', flush=True); time.sleep(60)\n"
    )
    url = server.url.replace("http", "ws") + "/v1/stream"
    command = [sys.executable, "-c", program, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as client:
        assert client.stdout.readline() == b"open\n"
        assert server.service.n_streams == 20
        os.kill(client.pid, signal.SIGKILL)
    server.until(lambda: server.service.n_streams == 0, within_s=1)


@pytest.mark.parametrize("sent", [b"", b"GET", b"\x16\x03\x01\x02\x00", b"\0" * 5_000])
def test_connections_that_are_no_http_do_no_harm(server, sent):
    with socket.create_connection(server.address, 5) as connection:
        connection.sendall(sent)


@pytest.mark.parametrize("sent", [b"", b"POST /v1/predict HTTP/1.1\r\nHos"])
def test_connections_that_ask_for_nothing_are_dropped(server, sent):
    with socket.create_connection(server.address, 5) as connection:
        connection.sendall(sent)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(9) == b""


def test_connections_that_ask_once_and_then_for_nothing_are_dropped(server):
    with socket.create_connection(server.address, 5) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = b""
        while not answer.endswith(b"}"):
            answer += connection.recv(1 << 16)
        connection.sendall(b"GET /heal")
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(9) == b""


@pytest.mark.parametrize("garbage", [b"\xff" * 100, b"\x82\xff" + b"\xff" * 8])
def test_garbage_within_a_stream_ends_it(server, garbage):
    with raw(server) as connection:
        connection.sendall(frame(1, HELLO.encode()) + garbage)
        connection.settimeout(5)
        while connection.recv(1 << 16):
            pass


def test_text_that_is_none_closes_the_stream_and_fills_no_log(server):
    log, records = logging.getLogger("uvicorn.error"), []
    handler = logging.Handler()
    handler.emit = records.append
    log.addHandler(handler)
    try:
        with raw(server) as connection:
            connection.sendall(frame(1, b"\xff\xfe"))
            connection.settimeout(5)
            while connection.recv(1 << 16):
                pass
    finally:
        log.removeHandler(handler)
    assert records == []


def raw(server, receive_buffer=None):
    """Open a WebSocket by hand."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.connect(server.address)
    connection.sendall(
        b"GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert connection.recv(12) == b"HTTP/1.1 101"
    return connection


def frame(opcode, content):
    """A frame of a client, masked by zeros."""
    n_bytes = len(content)
    length = bytes([0x80 | n_bytes]) if n_bytes < 126 else b"\xfe" + n_bytes.to_bytes(2, "big")
    return bytes([0x80 | opcode]) + length + bytes(4) + content


def test_a_stream_that_a_page_of_others_asks_for_is_refused_without_a_line_of_the_log(
    server, caplog
):
    log = logging.getLogger("uvicorn.error")  # whose lines go no further
    log.addHandler(caplog.handler)
    with pytest.raises(InvalidStatus) as refused, server.stream(origin="https://evil.example"):
        pass
    assert refused.value.response.status_code == 403
    assert server.ask("/healthz")[0] == 200
    log.removeHandler(caplog.handler)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
