"""The page of static files, in Chromium: it asks, listens, answers a file as lightspeech does."""

import functools
import http.server
import json
import queue
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

import lightspeech
from lightspeech.corpora import synthetic
from lightspeech.export.wasm import compiler

SITE = Path(__file__).parents[2] / "site"
DRIVER = """
const by = (id) => document.getElementById(id);
const until = async (is) => { while (!is()) await new Promise((done) => setTimeout(done, 50)); };
const bars = () => [...by("bars").children].map((row) => row.querySelector("output").textContent);
async function drive() {
  await until(() => document.body.dataset.ready);
  const told = {}, ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  let asked = 0;
  navigator.mediaDevices.getUserMedia = (wanted) => { asked++; return ask(wanted); };
  by("listen").click();
  told.before = [by("consent").open, asked, by("consent").textContent.length > 100];
  by("agree").click();
  await until(() => by("history").children.length >= 2);
  told.live = [asked, by("label").textContent, bars(), by("speech").value];
  by("stop").click();
  await until(() => by("stop").hidden);
  const file = new File([await (await fetch("voice.wav")).arrayBuffer()], "voice.wav");
  const dropped = new DataTransfer();
  dropped.items.add(file);
  by("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: dropped }));
  await until(() => by("state").textContent.startsWith("voice.wav"));
  told.file = [by("label").textContent, bars(), by("history").children.length];
  by("language").value = "de";
  by("language").dispatchEvent(new Event("change"));
  told.german = [document.documentElement.lang, by("bars").textContent];
  const silence = new File([await (await fetch("silence.wav")).arrayBuffer()], "silence.wav");
  by("model").value = "nano";
  by("model").dispatchEvent(new Event("change"));
  await until(() => by("label").textContent === "–");
  dropped.items.clear();
  dropped.items.add(silence);
  by("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: dropped }));
  await until(() => by("state").textContent.startsWith("silence.wav"));
  told.silence = [by("label").textContent, by("speech").value];
  return told;
}
const body = JSON.stringify(await drive().catch(String));
await fetch("told", { method: "POST", body });
"""
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--lang=en",
    "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip


def test_its_languages_say_the_same_things():
    text = (SITE / "texts.js").read_text("utf-8")
    english, german = (re.findall(r'(?:^|, |    )(\w+): "', part) for part in text.split("  de: {"))
    used = set(re.findall(r'data-text="(\w+)"', (SITE / "index.html").read_text("utf-8")))
    assert english == german
    assert used <= {*english}


@pytest.mark.parametrize("name", ["index.html", "page.js", "page.css"])
def test_it_loads_nothing_from_elsewhere(name):
    text = re.sub(r"^\s*//.*| // .*", "", (SITE / name).read_text("utf-8"), flags=re.M)
    assert "//" not in text


class Taker(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        self.server.told.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()


@pytest.fixture
def page(tmp_path):
    """The page as it is built, with a voice, silence, and a script that uses it."""
    if not compiler.is_here() or not shutil.which("chromium"):
        pytest.skip("needs chromium, and clang with wasm-ld: install chromium, clang and lld")
    folder = tmp_path / "site"
    subprocess.run([sys.executable, SITE / "build.py", folder], check=True, timeout=200)
    cfg = synthetic.Config(speakers=1, sentences=1, seed=3, root=tmp_path / "made")
    voice = [lightspeech.read_audio(one.path) for one in synthetic.read(cfg).utterances]
    soundfile.write(folder / "voice.wav", np.concatenate(voice)[: 5 * 16_000], 16_000)
    soundfile.write(folder / "silence.wav", np.zeros(16_000), 16_000)
    index = (folder / "index.html").read_text("utf-8")
    (folder / "index.html").write_text(f'{index}<script type="module" src="driver.js"></script>')
    (folder / "driver.js").write_text(DRIVER, "utf-8")
    return folder


def test_it_asks_listens_and_answers_a_file_as_lightspeech_does(page, tmp_path):
    handler = functools.partial(Taker, directory=page)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.told = queue.Queue()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = [
            "chromium", *FLAGS, f"--use-file-for-fake-audio-capture={page}/voice.wav",
            f"--user-data-dir={tmp_path}/profile", f"http://127.0.0.1:{server.server_port}/",
        ]  # fmt: skip
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as browser:
            told = json.loads(server.told.get(timeout=200))
            browser.terminate()
        server.shutdown()
    assert told["before"] == [True, 0, True]
    asked, _, bars, speech = told["live"]
    assert asked == 1
    assert sum(int(bar.removesuffix(" %")) for bar in bars) == pytest.approx(100, abs=2)
    assert speech > 0.5
    label, bars, lines = told["file"]
    expected = lightspeech.load("micro")(page / "voice.wav", whole=True)
    shown = [float(bar.removesuffix(" %")) for bar in bars]
    np.testing.assert_allclose(shown, [100 * p for p in expected.probabilities.values()], atol=1.5)
    assert expected.label in label
    assert lines == 1 + 3
    assert told["german"][0] == "de"
    assert "traurig" in told["german"][1]
    assert told["silence"] == ["niemand spricht", 0]
