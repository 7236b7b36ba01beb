"""A server in a thread of this process, on a free port of the loopback."""

import contextlib
import functools
import io
import json
import socket
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
import soundfile
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import lightspeech
from lightspeech.audio import io as audio
from lightspeech.corpora import synthetic
from lightspeech.serving.access import Access
from lightspeech.serving.client import Client
from lightspeech.serving.limits import Limits
from lightspeech.serving.protocol import STAMP
from lightspeech.serving.server import Server, bound
from lightspeech.serving.service import Service

RATE = 16_000


class Running:
    """A server that runs."""

    def __init__(self, server, service, port):
        self.server, self.service = server, service
        self.url = f"http://127.0.0.1:{port}"
        self.address = ("127.0.0.1", port)
        self.client = Client(self.url)

    @contextmanager
    def stream(self, hello=None, **options):
        """Open a stream and say hello, whose fields may be changed; else nothing is said."""
        address = self.url.replace("http", "ws") + "/v1/stream"
        with connect(address, compression=None, proxy=None, **options) as connection:
            if hello is not None:
                connection.send(json.dumps({"type": "hello", "sample_rate": RATE, **hello}))
                assert json.loads(connection.recv(5))["type"] == "ready"
            yield connection

    @staticmethod
    def feed(connection, samples, *, stamp_s=0.0, size=RATE // 10):
        """Send samples in chunks; give the time of what comes next."""
        for at in range(0, len(samples), size):
            chunk = samples[at : at + size]
            connection.send(STAMP.pack(stamp_s) + chunk.tobytes())
            stamp_s += len(chunk) / RATE
        return stamp_s

    @staticmethod
    def messages(connection):
        """All that is said until the stream is closed, and the code that closes it."""
        said = []
        with contextlib.suppress(ConnectionClosed):
            while True:
                said.append(json.loads(connection.recv(10)))
        return said, connection.close_code

    @staticmethod
    def until(true, within_s=10):
        """Wait until something is true."""
        end = time.monotonic() + within_s
        while not true():
            assert time.monotonic() < end, "it never came true"
            time.sleep(0.01)

    def ask(self, path, *lines, body=b"", method="GET"):
        """Send a request byte by byte as it is given; give status and JSON of the answer."""
        head = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.address[1]}", *lines]
        with socket.create_connection(self.address, 10) as connection:
            connection.sendall("\r\n".join([*head, "Connection: close", "", ""]).encode() + body)
            answer = b""
            while part := connection.recv(1 << 16):
                answer += part
        head, _, content = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), content


@contextmanager
def running(recognizer, access=None, *, send_buffer=None, **limits):
    service = Service(
        {recognizer.bundle.name: recognizer},
        access or Access(),
        Limits(**{"decoders": 1, **limits}),
    )
    server, taken = Server(service), bound("127.0.0.1", 0)
    if send_buffer:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    thread = threading.Thread(target=server.run, args=([taken],))
    port = taken.getsockname()[1]
    thread.start()
    Running.until(lambda: server.started)
    try:
        yield Running(server, service, port)
    finally:
        server.stop()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def micro():
    return lightspeech.load("micro")


@pytest.fixture(scope="session")
def start_with():
    """Start a server with a recognizer of another kind."""
    return running


@pytest.fixture(scope="session")
def start(micro):
    """Start another server, with other limits."""
    return functools.partial(running, micro)


@pytest.fixture(scope="package")
def server(start):
    """One that lets sound come as fast as it likes and has little patience."""
    limits = {"idle_s": 1.0, "hello_s": 0.5, "receive_s": 0.5, "duration_s": 20.0}
    with start(age_s=1e3, ahead_s=1e3, upload_bytes=500_000, message_bytes=50_000, **limits) as one:
        yield one


@pytest.fixture(scope="session")
def talk(tmp_path_factory):
    """Eleven seconds of speech, 16-bit samples."""
    cfg = synthetic.Config(speakers=1, sentences=2, seed=15, root=tmp_path_factory.mktemp("voice"))
    spoken = np.concatenate([audio.load(one.path) for one in synthetic.read(cfg).utterances])
    return (np.resize(spoken, 11 * RATE) * 32_767).astype("<i2")


@pytest.fixture(scope="session")
def wav(talk):
    file = io.BytesIO()
    soundfile.write(file, talk, RATE, format="WAV")
    return file.getvalue()
