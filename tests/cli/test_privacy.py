"""A recogniser of emotion speaks to nobody: no socket but where asked, no name looked up."""

import shutil
import socket
import subprocess
import sys

import pytest

STRACE = shutil.which("strace")


@pytest.fixture
def no_network(monkeypatch):
    """Let whatever opens a socket, or looks up a name, fail."""

    def refuse(*arguments, **_):
        raise AssertionError(f"asks the network: {arguments}")

    for name in ("socket", "create_connection", "getaddrinfo", "gethostbyname", "gethostbyaddr"):
        monkeypatch.setattr(socket, name, refuse)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    "arguments",
    [
        ("predict", "{data}", "--bundle", "nano", "--json"),
        ("prepare", "folder", "--root", "{data}", "--output", "manifest.csv"),
        ("export", "nano", "--format", "c99", "--bundles", "bundles"),
        ("new", "{data}"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_command_asks_no_network(lightspeech, write_tone, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    for label in ("happy", "sad"):
        for take in range(3):
            write_tone(tmp_path / "data" / label / f"{take}.wav", seconds=0.5)
    ended = lightspeech(*(text.format(data=tmp_path / "data") for text in arguments))
    assert ended.code == 0, ended.err


@pytest.mark.skipif(STRACE is None, reason="needs strace: apt install strace")
def test_no_library_opens_a_socket_either(write_tone, tmp_path):
    tone, trace = write_tone(tmp_path / "tone.wav", seconds=0.5), tmp_path / "trace"
    command = (sys.executable, "-m", "lightspeech", "predict", tone, "--bundle", "nano")
    traced = (STRACE, "-f", "-qq", "-e", "trace=socket,connect,sendto,sendmsg", "-o", trace)
    ended = subprocess.run([*map(str, (*traced, *command))], capture_output=True, text=True)
    if "ptrace" in ended.stderr:
        pytest.skip("this system lets nobody trace")
    assert ended.returncode == 0, ended.stderr
    calls = [line for line in trace.read_text().splitlines() if "AF_INET" in line]
    assert calls == []
