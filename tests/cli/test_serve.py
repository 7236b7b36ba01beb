"""``lightspeech serve``: what it refuses to begin, and how it ends."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest

TOKEN = "LIGHTSPEECH_TOKEN"


@pytest.fixture(autouse=True)
def no_token(monkeypatch):
    monkeypatch.delenv(TOKEN, raising=False)


def test_it_ends_what_it_has_begun_at_sigterm():
    connect = pytest.importorskip("websockets.sync.client").connect
    command = [sys.executable, "-m", "lightspeech", "serve", "--port", "0"]
    limits = ["--limit", "decoders=1", "--limit", "ahead_s=60", "--limit", "age_s=60"]
    with (
        subprocess.Popen([*command, *limits], stdout=subprocess.PIPE, text=True) as server,
        contextlib.ExitStack() as stack,
    ):
        stack.callback(server.kill)
        url = server.stdout.readline().split()[0].replace("http", "ws") + "/v1/stream"
        with connect(url, compression=None, proxy=None) as stream:
            stream.send('{"type": "hello", "sample_rate": 16000}')
            assert json.loads(stream.recv(10))["type"] == "ready"
            stream.send(bytes(8) + np.zeros(7 * 8_000, "<i2").tobytes())
            assert json.loads(stream.recv(10))["type"] == "now"
            os.kill(server.pid, signal.SIGTERM)
            said = [json.loads(message)["type"] for message in stream]
        assert said == ["segment", "end"]
        assert stream.close_code == 1001
        assert server.wait(10) == 0


def test_without_a_token_others_may_not_connect(lightspeech, error_line):
    assert "openssl rand" in error_line(lightspeech("serve", "--host", "0.0.0.0"))


def test_a_short_token_is_refused_and_not_shown(lightspeech, error_line, monkeypatch):
    monkeypatch.setenv(TOKEN, "hunter2")
    line = error_line(lightspeech("serve", "--host", "0.0.0.0"))
    assert "7 characters" in line
    assert "hunter2" not in line


@pytest.mark.parametrize("limit", ["streams", "streams=0", "strems=9"])
def test_a_limit_that_cannot_be_is_refused(lightspeech, error_line, limit):
    assert limit.partition("=")[0] in error_line(lightspeech("serve", "--limit", limit))


def test_a_port_that_is_taken_is_told(lightspeech, error_line):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line = error_line(lightspeech("serve", "--port", taken.getsockname()[1]))
    assert "--port 0" in line


def test_a_bundle_that_is_given_twice_is_refused(lightspeech, error_line):
    ended = lightspeech("serve", "--bundle", "nano", "--bundle", "nano")
    assert "two bundles have one name" in error_line(ended)


def test_a_back_end_that_does_not_open_the_bundle_is_told(lightspeech, error_line, make_bundle):
    ended = lightspeech("serve", "--backend", "native", "--bundle", make_bundle().path)
    assert "the back end native does not open" in error_line(ended)


def test_a_missing_extra_is_named(lightspeech, error_line, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("lightspeech.serving")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fastapi", None)
    assert "[serve]" in error_line(lightspeech("serve"))
