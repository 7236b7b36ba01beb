"""What the page for browsers relies on is what an export gives; where Chromium is, it answers."""

import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lightspeech.audio import gate, io, nobody
from lightspeech.audio.windows import Windows
from lightspeech.bundle import FORMAT
from lightspeech.inference.answers import LEAST_SHARE, NONE, segment
from lightspeech.inference.backends import onnx
from lightspeech.inference.recognize import recognize

EXAMPLE = Path(__file__).parents[2] / "examples" / "browser"
SCRIPTS = {path.name: path.read_text("utf-8") for path in EXAMPLE.glob("*.js")}
GOLDEN = EXAMPLE.parents[1] / "tests/golden/gate.npz"
RUNTIME = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")


def test_every_key_that_it_reads_is_there(make_bundle):
    about = json.loads((make_bundle().path / "bundle.json").read_text("utf-8"))
    read = set(re.findall(r"about\.(\w+)", SCRIPTS["recognizer.js"]))
    assert read == {
        "format", "labels", "model_file", "sample_rate", "sha256", "thresholds", "windows",
    }  # fmt: skip
    assert read <= about.keys()
    of_windows = re.findall(r"\b(window_s|hop_s|over)\b", SCRIPTS["recognizer.js"])
    assert {*of_windows} == {*asdict(Windows())}


def test_its_constants_are_those_of_a_bundle():
    text = SCRIPTS["recognizer.js"]
    assert f"FORMAT = {FORMAT};" in text
    assert f'INPUT = "{onnx.WAVEFORM}", OUTPUT = "{onnx.OUTPUT}"' in text
    assert f'NONE = "{NONE}", LEAST_SHARE = {LEAST_SHARE:g};' in text


@pytest.mark.parametrize("share", [0.0, LEAST_SHARE - 1e-6, LEAST_SHARE, 1.0])
@pytest.mark.parametrize("row", [[0.1, 0.3, 0.6], [0.45, 0.35, 0.2]])
def test_it_tells_what_lightspeech_tells(make_bundle, tmp_path, share, row):
    if not shutil.which("node"):
        pytest.skip("needs node")
    made = make_bundle()
    for name in ("recognizer.js", "windows.js"):
        (tmp_path / name).write_text(SCRIPTS[name])
    (tmp_path / "ort").mkdir()
    (tmp_path / "ort" / RUNTIME[0]).write_text("export const env = { wasm: {} };")
    script = (
        f"import {{ Recognizer }} from '{tmp_path.as_uri()}/recognizer.js';"
        f"const about = {(made.path / 'bundle.json').read_text('utf-8')};"
        f"console.log(new Recognizer(about, null).told({row}, {share}));"
    )
    command = ["node", "--no-warnings", "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    said = segment(0.0, 1.0, np.float32(row), share, made)
    assert done.stdout.strip() == ("uncertain" if said.uncertain else said.label)


@pytest.mark.parametrize("name", ["index.html", *SCRIPTS])
def test_it_loads_nothing_from_elsewhere(name):
    assert "//" not in re.sub(r"^\s*//.*| // .*", "", (EXAMPLE / name).read_text(), flags=re.M)


def test_it_asks_for_sound_that_nobody_has_changed():
    for name in ("echoCancellation", "noiseSuppression", "autoGainControl"):
        assert f"{name}: false" in SCRIPTS["page.js"]


@pytest.mark.parametrize("length", [1, 4_000, 7_999, 8_000, 8_001, 12_000, 21_333])
@pytest.mark.parametrize("hop_s", [0.25, None])
def test_it_cuts_windows_as_lightspeech_does(hop_s, length):
    if not shutil.which("node"):
        pytest.skip("needs node")
    windows = Windows(window_s=0.5, hop_s=hop_s)
    hop = json.dumps(hop_s and 4_000)
    script = (
        f"import {{ cut, starts }} from '{EXAMPLE.as_uri()}/windows.js';"
        f"const x = Float32Array.from({{ length: {length} }}, (_, i) => i + 1);"
        f"const rows = starts(x.length, 8000, {hop}).map((at) => [...cut(x, at, 8000)]);"
        "console.log(JSON.stringify(rows));"
    )
    command = ["node", "--no-warnings", "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    expected = windows.cut(np.arange(1, length + 1, dtype=np.float32), 16_000)
    np.testing.assert_array_equal(np.array(json.loads(done.stdout)), expected)


def test_its_gate_has_the_numbers_of_the_package():
    assert json.loads((EXAMPLE / "gate.json").read_text("utf-8")) == gate.described()


@pytest.mark.parametrize("kind", ["golden", "silence", "short", "melody"])
def test_its_gate_scores_as_the_package_does_to_the_whole_number(kind, tmp_path):
    if not shutil.which("node"):
        pytest.skip("needs node")
    golden = np.load(GOLDEN)
    voice = golden["samples"] / np.float32(32_768)
    waveform = {
        "golden": voice, "silence": 0 * voice, "short": voice[20_000:21_281],
        "melody": nobody.made("melody", np.random.default_rng(5)),
    }[kind]  # fmt: skip
    n_cells = -(-len(waveform) // gate.CELL)
    padded = np.zeros((n_cells + gate.DELAY + gate.HOLD) * gate.CELL, np.float32)
    padded[: len(waveform)] = waveform
    waveform.tofile(tmp_path / "samples")
    padded.tofile(tmp_path / "padded")
    script = (
        f"import {{ Gate }} from '{EXAMPLE.as_uri()}/gate.js';"
        "import { readFileSync } from 'node:fs';"
        f"const gate = new Gate(JSON.parse(readFileSync('{EXAMPLE}/gate.json')));"
        "const read = (name) => new Float32Array("
        f"readFileSync(`{tmp_path}/${{name}}`).buffer.slice());"
        "console.log(JSON.stringify("
        "[gate.speech(read('samples'), 16000), gate.scores(read('padded'))]));"
    )
    command = ["node", "--no-warnings", "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    speech, scores = json.loads(done.stdout)
    expected = gate.Scorer(gate.weights()).scores(gate.levels(gate.energies(padded)))
    assert scores == expected.tolist()
    heard = gate.Gate(16_000)
    heard.feed(waveform)
    heard.flush()
    assert speech == pytest.approx(heard.speech(0.0, len(waveform) / 16_000))
    if kind == "golden":
        assert scores[gate.DELAY :][:n_cells] == golden["scores"].tolist()
        assert speech == pytest.approx(golden["speech"])


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def address(make_bundle, tmp_path):
    """Serve the page, with the runtime that $LIGHTSPEECH_ORT_WEB holds."""
    runtime = os.environ.get("LIGHTSPEECH_ORT_WEB")
    if not runtime or not shutil.which("chromium"):
        pytest.skip("needs chromium, and LIGHTSPEECH_ORT_WEB set to onnxruntime-web's dist folder")
    page = tmp_path / "page"
    shutil.copytree(EXAMPLE, page)
    shutil.copytree(make_bundle().path, page / "bundle")
    (page / "ort").mkdir()
    for name in RUNTIME:
        shutil.copy(Path(runtime) / name, page / "ort" / name)
    handler = functools.partial(Quiet, directory=page)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield page, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_it_answers_in_chromium_as_lightspeech_does(address, make_bundle):
    page, root = address
    sound = np.random.default_rng(0).uniform(-0.3, 0.3, 27_000) * np.linspace(0, 1, 27_000)
    soundfile.write(page / "a.wav", sound, 16_000)
    command = [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000",
        "--dump-dom", f"{root}/index.html?recording=a.wav",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    said = dict(re.findall(r"^(\w+) ([\d.]+) %", done.stdout, re.M))
    made = make_bundle()
    expected = recognize(onnx.open(made), io.load(page / "a.wav"))
    found = [float(said[label]) for label in made.labels]
    np.testing.assert_allclose(found, 100 * expected, atol=0.06)
