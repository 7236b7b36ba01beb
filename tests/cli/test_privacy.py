"""A recogniser of emotion speaks to nobody: no socket but where asked, no name looked up."""

import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lightspeech import bundle, cli, config, plugins
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.bundle import Bundle

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
corpus: {name: synthetic, speakers: 4, sentences: 1}
protocol: {name: grouped_k_fold, folds: 2}
model: {name: nano, channels: [12, 12]}
windows: {window_s: 1.0, hop_s: 0.5}
training: {epochs: 1, batch_size: 4}
compress: [{name: prune, ratio: 0.3, rounds: 1, epochs: 1, batches: 1}]
search: {trials: 1, folds: [0], space: {model.channels: [[6, 6]]}}
"""
STUDY = "runs/tiny"
WALK = {
    "predict": ("data", "--bundle", "nano", "--output", "out.csv"),
    "listen": ("--raw", "16000", "--bundle", "nano", "--json"),
    "prepare": ("folder", "--root", "data", "--output", "manifest.csv"),
    "leaks": ("manifest.csv", "--protocol", "random-leaky", "--set", "folds=2"),
    "new": ("data", "--output", "new.yaml"),
    "train": ("tiny.yaml", "--processes", "1"),
    "compress": ("tiny.yaml", "--processes", "1", "--resume"),
    "run": ("tiny.yaml", "--processes", "1", "--resume"),
    "evaluate": (STUDY, "--output", "figures.json"),
    "report": (STUDY,),
    "diff": (STUDY, f"{STUDY}/1-prune"),
    "export": ("nano", "--format", "c99"),
    "benchmark": ("nano", "--manifest", "manifest.csv", "--rounds", "1"),
    "search": ("tiny.yaml",),
    "yardstick": ("tiny.yaml",),
    "shrink": ("small", "--speech", "data", "--source", "whisper", "--blocks", "1", "--heads", "2",
               "--units", "8", "--recordings", "4", "--epochs", "1"),
    "calibrate": ("data", "--bundle", "unknown", "--output", "mine"),
    "explain": ("nano", "data/sad/0.wav", "--pictures", "explained"),
    "card": ("nano", "--output", "card.md"),
    "boards": ("nano", "--json"),
    "frontier": ("--results", "results"),
    "tables": ("--results", "results", "--into", "page.md", "--output", "pictures"),
}  # fmt: skip
"""Every command but `serve`, which has a test of its own, in an order that each finds its input."""
ROOT = Path(__file__).parents[2]
RESULTS = ("results/reliability/fuzz.json", "results/ravdess/micro.json")
NEEDS = {"search": "optuna", "yardstick": "opensmile", "shrink": "transformers"}
MARK = "/command/"
"""A file that is not there: to open it marks in a trace where a command begins."""
WALKER = f"""
import contextlib, json, sys
from lightspeech import cli
for name, *arguments in json.loads(sys.argv[1]):
    with contextlib.suppress(OSError):
        open("{MARK}" + name)
    sys.argv = ["lightspeech", name, *arguments]
    try:
        cli.main()
    except SystemExit as end:
        if end.code:
            sys.exit(f"{{name}}: {{end.code}}")
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

    def __init__(self, lines, cwd):
        talks = [line for line in lines if "AF_INET" in line]
        # A socket that is only made, as libraries do that look for devices, speaks to nobody.
        self.talks = [line for line in talks if not re.search(r"\bsocket\(", line)]
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


@dataclass(frozen=True)
class Place:
    """Where a program runs: at home in an empty folder.

    Attributes:
        root: has the three folders below it, and its trace.
    """

    root: Path

    def __getattr__(self, name):
        """Give one of the folders: home, temporary, work."""
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        return folder

    @contextmanager
    def traced(self, *arguments, **options):
        """Run Python under a trace of system calls; it must end well."""
        if STRACE is None:
            pytest.skip("needs strace: apt install strace")
        environment = {
            **os.environ, "HOME": str(self.home), "TMPDIR": str(self.temporary),
            "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1",
        }  # fmt: skip
        # torch puts the place it found into the environment, and so into this one's.
        environment.pop("TORCHINDUCTOR_CACHE_DIR", None)
        command = (STRACE, "-f", "-qq", "--seccomp-bpf", "-e", f"trace={CALLS}", "-o",
                   self.root / "trace", sys.executable, *arguments)  # fmt: skip
        with subprocess.Popen(
            [*map(str, command)], cwd=self.work, env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, **options,
        ) as running:  # fmt: skip
            yield running
            _, said = running.communicate(timeout=900)
        if b"ptrace" in said:
            pytest.skip("this system lets nobody trace")
        assert running.returncode == 0, said.decode()[-2_000:]

    @property
    def lines(self):
        """Of the trace."""
        return (self.root / "trace").read_text(errors="replace").splitlines()

    def check(self, traced):
        """Fail on a look-up, and on a file that was written elsewhere or left behind.

        Matplotlib keeps its list of fonts at home, for every program that draws.
        """
        fonts = {self.home / ".cache", self.home / ".config"}
        drawn = [folder / "matplotlib" for folder in fonts]
        assert traced.looks_up == []
        assert traced.outside(self.work, self.temporary, *drawn) - fonts == set()
        assert {path for path in self.home.rglob("*") if path.parent in fonts} <= {*drawn}
        assert [path for path in self.temporary.rglob("*") if path.is_file()] == []


@pytest.fixture(scope="module")
def walked(tmp_path_factory, make_whisper, toy_model):
    """Run all commands in one process, and give what each asked the system for, by its name."""
    place = Place(tmp_path_factory.mktemp("walk"))
    (place.work / "tiny.yaml").write_text(TINY)
    (place.work / "page.md").write_text("<!-- fuzzed:begin -->\n<!-- fuzzed:end -->\n")
    shutil.copytree(make_whisper(4), place.work / "whisper")
    for path in RESULTS:
        (place.work / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, place.work / path)
    for number, label in enumerate(("happy", "sad")):
        for take in range(11):
            path = place.work / "data" / label / f"{take}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            times_s = np.arange(8_000 + 100 * take) / 16_000
            soundfile.write(path, np.sin(600 * (number + take + 1) * times_s) / 2, 16_000)
    toy = Bundle(
        path=place.work / "unknown", name="toy", labels=("low", "mid", "loud"),
        thresholds=(0.5,) * 3, sample_rate=16_000, normalisation="speaker",
        windows=Windows(window_s=1.0, hop_s=0.5),
        frontend=config.as_dict(MelConfig()), model={"name": "toy", "config": {}, "n_params": 3},
    )  # fmt: skip
    bundle.write(toy, toy_model)
    commands = [[name, *arguments] for name, arguments in WALK.items() if _has(name)]
    sound = place.root / "sound"
    sound.write_bytes(bytes(3 * 32_000))
    with sound.open("rb") as stdin, place.traced("-c", WALKER, json.dumps(commands), stdin=stdin):
        pass
    parts, name = {}, ""
    for line in place.lines:
        if (begins := re.search(f'"{MARK}(.+?)"', line)) is not None:
            name = begins[1]
        parts.setdefault(name, []).append(line)
    return place, {name: Traced(lines, place.work) for name, lines in parts.items()}


def _has(command):
    return command not in NEEDS or importlib.util.find_spec(NEEDS[command]) is not None


@pytest.mark.parametrize("name", [name for name in plugins.names(cli.__name__) if name != "serve"])
def test_no_command_talks_or_writes_elsewhere(walked, name):
    """A command without a line in `WALK` fails here."""
    if not _has(name):
        pytest.skip(f"needs {NEEDS[name]}")
    place, traced = walked
    assert traced[name].talks == []
    place.check(traced[name])


def test_a_server_talks_to_its_own_machine_alone_and_writes_nothing(tmp_path, write_tone):
    pytest.importorskip("uvicorn", reason="needs the extra 'serve'")
    place = Place(tmp_path)
    tone = write_tone(tmp_path / "tone.wav", seconds=0.5)
    arguments = ("serve", "--port", "0", "--bundle", "nano", "--limit", "decoders=1")
    with place.traced("-m", "lightspeech", *arguments) as running:
        url = running.stdout.readline().split()[0].decode()
        request = urllib.request.Request(f"{url}/v1/predict", tone.read_bytes())
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert b"label" in answer.read()
        (server,) = children(running.pid)
        os.kill(server, signal.SIGTERM)
    traced = Traced(place.lines, place.work)
    talks = [line for line in traced.talks if "inet_addr" in line or "inet_pton" in line]
    assert talks
    assert all('"127.0.0.1"' in line for line in talks)
    assert not any(re.search(r"\bconnect\(", line) for line in traced.talks)
    assert traced.writes == set()
    place.check(traced)


def children(pid):
    """Processes that a process began and that still run."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
