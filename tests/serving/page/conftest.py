"""The page in Chromium: as static files on the loopback, and a microphone that plays a file."""

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

import lightspeech
from lightspeech.corpora import synthetic
from lightspeech.export.wasm import compiler

ROOT = Path(__file__).parents[3]
RATE = 16_000


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def voice(tmp_path_factory):
    """A file of eleven seconds in which somebody speaks, says nothing, and speaks again."""
    folder = tmp_path_factory.mktemp("voice")
    cfg = synthetic.Config(speakers=2, sentences=1, seed=3, root=folder)
    spoken = [lightspeech.read_audio(one.path) for one in synthetic.read(cfg).utterances]
    talk = np.resize(np.concatenate(spoken), 11 * RATE)
    talk[6 * RATE : 8 * RATE] = 0
    soundfile.write(folder / "voice.wav", talk, RATE)
    return folder / "voice.wav"


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The page as `make site` lays it out."""
    if not compiler.is_here():
        pytest.skip("needs clang with wasm-ld: install clang and lld")
    folder = tmp_path_factory.mktemp("site") / "site"
    subprocess.run([sys.executable, ROOT / "site/build.py", folder], check=True, timeout=200)
    return folder


@pytest.fixture(scope="session")
def address(site):
    handler = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def chromium(voice):
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("needs chromium")
    flags = ["--no-sandbox", "--use-fake-device-for-media-stream"]
    flags += [f"--use-file-for-fake-audio-capture={voice}"]
    flags += ["--autoplay-policy=no-user-gesture-required", "--js-flags=--expose-gc"]
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, request):
    """Open the page as somebody who never was here; what goes wrong in it fails the test."""

    @contextmanager
    def open_page(url=None, *, before="", permissions=("microphone",), **options):
        options = {"locale": "en-GB", "service_workers": "block", **options}
        context = chromium.new_context(permissions=list(permissions), **options)
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.faults = faults = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.add_init_script(before)
        page.goto(url or request.getfixturevalue("address"))
        page.wait_for_selector("body[data-ready]")
        yield page
        context.close()
        assert faults == []

    return open_page


@pytest.fixture
def hear():
    """Let the page hear a file, and wait until it is answered."""

    def hear_file(page, path):
        page.set_input_files("#file", path)
        page.wait_for_selector(f"#state:has-text('{path.name}, ')")

    return hear_file
