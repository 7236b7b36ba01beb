"""A recogniser of emotion speaks to nobody: no socket but where asked, no name looked up."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

STRACE = shutil.which("strace")
CALLS = (
    "socket,connect,bind,sendto,sendmsg,open,openat,creat,rename,renameat,renameat2,unlink,"
    "unlinkat,mkdir,mkdirat,symlink,symlinkat,link,linkat,truncate"
)
WRITES = re.compile(
    r"O_WRONLY|O_RDWR|O_CREAT|\b(?:creat|rename\w*|unlink\w*|mkdir\w*|symlink\w*|link\w*|truncate)\("
)
TINY = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: nano, channels: [12, 12]}
windows: {window_s: 1.0, hop_s: 0.5}
training: {epochs: 1, batch_size: 4}
"""


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


class Traced:
    """What a command asked the system for.

    Attributes:
        talks: calls that name the network.
        looks_up: files that a look-up of a name reads.
        writes: files and folders that it made, changed or removed.
    """

    def __init__(self, trace, cwd):
        lines = trace.read_text(errors="replace").splitlines()
        self.talks = [line for line in lines if "AF_INET" in line]
        self.looks_up = [line for line in lines if "/etc/resolv.conf" in line]
        named = [line for line in lines if WRITES.search(line) and " = -1 " not in line]
        self.writes = {
            Path(os.path.normpath(cwd / path))
            for line in named
            for path in re.findall('"(.*?)"', line)
        }

    def outside(self, *folders):
        """What was written elsewhere, devices left out."""
        return {
            path
            for path in self.writes
            if not path.is_relative_to("/dev") and not any(map(path.is_relative_to, folders))
        }


@pytest.fixture
def traced(tmp_path):
    """Run a command under a trace of system calls, at home in an empty folder."""
    if STRACE is None:
        pytest.skip("needs strace: apt install strace")
    folders = {name: tmp_path / name for name in ("home", "temporary", "work")}
    for folder in folders.values():
        folder.mkdir()
    environment = {
        **os.environ, "HOME": str(folders["home"]), "TMPDIR": str(folders["temporary"]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip

    @contextmanager
    def start(*arguments, **options):
        trace = tmp_path / "trace"
        command = (STRACE, "-f", "-qq", "--seccomp-bpf", "-e", f"trace={CALLS}", "-o", trace,
                   sys.executable, "-m", "lightspeech", *arguments)  # fmt: skip
        with subprocess.Popen(
            [*map(str, command)], cwd=folders["work"], env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, **options,
        ) as running:  # fmt: skip
            found = SimpleNamespace(running=running)
            yield found
            found.out, said = running.communicate(timeout=300)
        if b"ptrace" in said:
            pytest.skip("this system lets nobody trace")
        assert running.returncode == 0, said
        found.traced = Traced(trace, folders["work"])

    start.folders = folders
    return start


def check(found, folders):
    """Nothing but what was asked for: no network, no look-up, no file elsewhere."""
    assert found.traced.looks_up == []
    assert found.traced.outside(folders["work"], folders["temporary"]) == set()
    assert list(folders["home"].iterdir()) == []
    assert [path for path in folders["temporary"].rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["predict", "listen", "train"])
def test_no_library_talks_or_writes_elsewhere_either(traced, write_tone, name):
    work = traced.folders["work"]
    (work / "tiny.yaml").write_text(TINY)
    write_tone(work / "tone.wav", seconds=0.5)
    arguments = {
        "predict": ("tone.wav", "--bundle", "nano", "--output", "out.csv"),
        "listen": ("--raw", "16000", "--bundle", "nano", "--json"),
        "train": ("tiny.yaml", "--processes", "1"),
    }[name]
    with traced(name, *arguments, stdin=subprocess.PIPE) as found:
        if name == "listen":
            found.running.stdin.write(bytes(3 * 32_000))
    assert found.traced.talks == []
    check(found, traced.folders)


def test_a_server_talks_to_its_own_machine_alone_and_writes_nothing(traced, write_tone):
    pytest.importorskip("uvicorn", reason="needs the extra 'serve'")
    work = traced.folders["work"]
    write_tone(work / "tone.wav", seconds=0.5)
    arguments = ("serve", "--port", "0", "--bundle", "nano", "--limit", "decoders=1")
    with traced(*arguments) as found:
        url = found.running.stdout.readline().split()[0].decode()
        request = urllib.request.Request(f"{url}/v1/predict", (work / "tone.wav").read_bytes())
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert b"label" in answer.read()
        (server,) = children(found.running.pid)
        os.kill(server, signal.SIGTERM)
    talks = [line for line in found.traced.talks if "inet_addr" in line or "inet_pton" in line]
    assert talks
    assert all('"127.0.0.1"' in line for line in talks)
    assert not any(re.search(r"\bconnect\(", line) for line in found.traced.talks)
    assert found.traced.writes - {work} == set()
    check(found, traced.folders)


def children(pid):
    """Processes that a process began and that still run."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
