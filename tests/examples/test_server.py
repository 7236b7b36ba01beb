"""The files of the server's example: what they start is a command that exists; Node can ask."""

import shlex
import subprocess
import threading
from pathlib import Path
from shutil import which

import pytest
from typer.main import get_command

import lightspeech
from lightspeech.cli import app

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "server"
PAGE = ROOT / "src" / "lightspeech" / "serving" / "page"
OPTIONS = {option for p in get_command(app).commands["serve"].params for option in p.opts}
CLIENT = """
import {{ Stream }} from "{module}";
const told = ({{ type, label }}) => console.log(type, label ?? "");
const asked = {{ sampleRate: 16000, turns: false }};
const stream = await Stream.open("{url}", asked, told, console.error);
console.log(stream.ready.labels.join());
for (let tenth = 0; tenth < 45; tenth++) stream.feed(new Float32Array(1600), tenth / 10);
stream.end();
"""
REFUSED = """
import {{ Stream }} from "{module}";
const failed = Stream.open("{url}", {{ sampleRate: 1 }}, console.log, console.error);
failed.catch((error) => console.log(error.message));
"""


def test_the_container_starts_the_command_and_asks_for_its_health():
    lines = (EXAMPLE / "Dockerfile").read_text()
    [start] = [line for line in lines.splitlines() if line.startswith("ENTRYPOINT")]
    words = start.removeprefix("ENTRYPOINT ").strip("[]").replace('"', "").split(", ")
    assert words[:2] == ["lightspeech", "serve"]
    assert {word for word in words if word.startswith("--")} <= OPTIONS
    assert "/healthz" in lines
    assert "USER 65532" in lines


def test_the_service_starts_the_command():
    unit = (EXAMPLE / "lightspeech-server.service").read_text()
    [start] = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    program, name, *words = shlex.split(start.removeprefix("ExecStart="))
    assert (Path(program).name, name) == ("lightspeech", "serve")
    assert {word for word in words if word.startswith("--")} <= OPTIONS


@pytest.fixture(scope="module")
def url():
    pytest.importorskip("fastapi", reason="needs the extra 'serve'")
    from lightspeech.serving.access import Access
    from lightspeech.serving.limits import Limits
    from lightspeech.serving.server import Server, bound
    from lightspeech.serving.service import Service

    limits = Limits(decoders=1, age_s=1e3, ahead_s=1e3)
    server = Server(Service({"micro": lightspeech.load("micro")}, Access(), limits))
    taken = bound("127.0.0.1", 0)
    address = f"ws://127.0.0.1:{taken.getsockname()[1]}/v1/stream"
    thread = threading.Thread(target=server.run, args=([taken],))
    thread.start()
    yield address
    server.stop()
    thread.join(20)


@pytest.mark.skipif(which("node") is None, reason="needs Node 20 or newer")
@pytest.mark.parametrize(
    ("program", "says"),
    [
        (CLIENT, ["angry,happy,neutral,sad", "now none", "now none", "segment none", "end"]),
        (REFUSED, ["bad_request: hello: 1 Hz; allowed are 1000 to 768000 Hz"]),
    ],
)
def test_the_client_in_javascript_hears_what_is_said(url, tmp_path, program, says):
    script = tmp_path / "ask.mjs"
    script.write_text(program.format(module=(PAGE / "client.js").as_uri(), url=url))
    ended = subprocess.run(
        ["node", "--experimental-websocket", "--no-warnings", script],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ended.stderr == ""
    lines = [line.strip() for line in ended.stdout.splitlines()]
    assert [line for n, line in enumerate(lines) if line not in lines[:n]] == [
        line for n, line in enumerate(says) if line not in says[:n]
    ]
