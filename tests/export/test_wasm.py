"""WebAssembly gives the bits of the same C on this machine, in Node.js and in a browser."""

import functools
import http.server
import json
import queue
import re
import shutil
import subprocess
import threading
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from lightspeech import bundle, read_audio
from lightspeech.audio import gate, nobody
from lightspeech.audio.frontend import MelConfig
from lightspeech.corpora import synthetic
from lightspeech.errors import BundleError, ConfigError, MissingExtra
from lightspeech.export import wasm
from lightspeech.export.c99 import trusted
from lightspeech.export.wasm import compiler
from lightspeech.inference import dispatch
from lightspeech.inference.answers import LEAST_SHARE
from lightspeech.inference.recognize import UTTERANCE_S, answer
from lightspeech.workflows.convert import convert

RATE = 16_000
GOLDEN = np.load(Path(__file__).parents[1] / "golden/gate.npz")


def require(*tools):
    for tool in tools:
        if not shutil.which(tool):
            pytest.skip(f"needs {tool}")


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A shipped model as WebAssembly, and the C it was compiled from."""
    if not compiler.is_here():
        pytest.skip("needs clang and wasm-ld: install clang and lld, or the extra 'wasm'")
    folder = tmp_path_factory.mktemp("packed")
    source = bundle.read("nano")
    return [convert(source, format=format, bundles=folder) for format in ("wasm", "c99")]


def melody():
    """A melody that sounds like speech here and there, and flickers."""
    return nobody.made("melody", np.random.default_rng(5))


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """A voice, silence, hiss, a few edges, a melody and the gate's golden sound, as 16 bits."""
    cfg = synthetic.Config(speakers=2, sentences=1, seed=3, root=tmp_path_factory.mktemp("voice"))
    voice = [read_audio(utterance.path) for utterance in synthetic.read(cfg).utterances][:4]
    hiss = np.random.default_rng(0).normal(0, 0.1, 4 * RATE)
    golden = GOLDEN["samples"] / 32_768
    edges = [1.0, -1.0, 0.7, 1e-9]
    parts = (*voice, np.zeros(4 * RATE), hiss, edges, melody(), golden)
    return (32_768 * np.concatenate(parts)).round().clip(-32_768, 32_767).astype(np.int16)


@pytest.fixture
def node(packed, tmp_path, samples):
    """Run JavaScript with `load` of the package and the samples; gives what it said."""
    require("node")
    samples.tofile(tmp_path / "samples")

    def run(script):
        header = (
            f"import {{ Recognizer, load }} from '{packed[0].path.as_uri()}/index.js';"
            "import { readFileSync } from 'node:fs';"
            f"const bytes = readFileSync('{tmp_path}/samples');"
            "const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset"
            " + bytes.length));"
            "const model = await load();"
        )
        command = ["node", "--no-warnings", "--input-type=module", "--eval", header + script]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


LOOP = """
#include <stdio.h>
#include "ls_listen.h"
static ls_listener listener;
int main(void) {
    int16_t block[160];
    size_t n;
    ls_listener_init(&listener);
    while ((n = fread(block, sizeof block[0], 160, stdin)) > 0) {
        float p[LS_MODEL_OUTPUT_SIZE + 1];
        ls_listener_hear(&listener, block, (uint32_t)n);
        const ls_listener_event event = ls_listener_step(&listener, p);
        if (event != LS_LISTENER_IDLE) {
            p[LS_MODEL_OUTPUT_SIZE] = ls_frontend_speech(&listener.recognizer.frontend);
            if (event == LS_LISTENER_NONE) {
                ls_recognizer_answer(&listener.recognizer, p);
            }
            fwrite(p, sizeof p, 1, stdout);
        }
    }
    return 0;
}
"""


@pytest.fixture
def in_c(packed, gcc, tmp_path, samples):
    """What the loop in C says of the samples: probabilities and share of speech a window."""
    made = tmp_path / "c"
    made.mkdir()
    for name, text in {**trusted.sources(packed[1]), "loop.c": LOOP}.items():
        (made / name).write_text(text)
    program = gcc(made / "loop", *sorted(made.glob("*.c")), dialect=("-std=c99",))
    done = subprocess.run([program], input=samples.tobytes(), capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.float32).reshape(-1, len(packed[1].labels) + 1)


@pytest.mark.parametrize("chunk", [1_000_000, 4_096, 12_345, 160])
def test_a_stream_in_node_has_the_bits_of_c_in_chunks_of_any_length(node, in_c, packed, chunk):
    said = node(
        "const said = [];"
        f"for (let at = 0; at < samples.length; at += {chunk})"
        f" said.push(...model.feed(samples.subarray(at, at + {chunk})));"
        "console.log(JSON.stringify(said));"
    )
    labels = packed[0].labels
    rows = [[*(one["probabilities"][label] for label in labels), one["speech"]] for one in said]
    np.testing.assert_array_equal(np.array(rows, np.float32), in_c)
    assert len(in_c) > 8
    silent = in_c[:, -1] == 0
    assert 0 < silent.sum() < len(in_c)
    assert [one["label"] == "none" for one in said] == silent.tolist()
    window = 1024 + (packed[0].mel.n_frames(3 * RATE) - 1) * 640
    _, hop = packed[0].windows.samples(RATE)
    assert [one["at"] for one in said] == [(window + n * hop) / RATE for n in range(len(said))]


def test_windows_have_the_bits_of_c(packed, samples):
    require("node", "gcc")
    rows = samples[: len(samples) // 48_000 * 48_000].reshape(-1, 48_000) / np.float32(32_768)
    answers = [dispatch.open(each).predict(rows) for each in packed]
    assert np.ptp(answers[0], axis=0).max() > 0.1
    np.testing.assert_array_equal(*answers)


PAGE = """<!doctype html><meta charset="utf-8"><script type="module">
import { load } from "./nano-wasm/index.js";
async function told() {
  const model = await load();
  const samples = new Int16Array(await (await fetch("samples")).arrayBuffer());
  const context = new OfflineAudioContext(1, samples.length, model.sampleRate);
  await context.audioWorklet.addModule("./nano-wasm/processor.js");
  const source = new AudioBufferSourceNode(context, {
    buffer: new AudioBuffer({ length: samples.length, sampleRate: model.sampleRate }),
  });
  source.buffer.copyToChannel(Float32Array.from(samples, (x) => x / 32768), 0);
  const processorOptions = { module: model.module };
  const node = new AudioWorkletNode(context, "lightspeech", { processorOptions });
  const heard = [];
  node.port.onmessage = ({ data }) => heard.push(data);
  source.connect(node).connect(context.destination);
  source.start();
  await context.startRendering();
  const fed = model.feed(samples);
  while (heard.length < fed.length) await new Promise((done) => setTimeout(done, 20));
  return [fed, heard];
}
const body = JSON.stringify(await told().catch(String));
await fetch("told", { method: "POST", body });
</script>"""


class Taker(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        self.server.told.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()


def test_a_page_and_an_audio_worklet_in_chromium_have_the_bits_of_c(
    packed, in_c, samples, tmp_path
):
    require("chromium")
    shutil.copytree(packed[0].path, tmp_path / "nano-wasm")
    (tmp_path / "index.html").write_text(PAGE)
    samples.tofile(tmp_path / "samples")
    handler = functools.partial(Taker, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.told = queue.Queue()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            f"--user-data-dir={tmp_path}/profile", f"http://127.0.0.1:{server.server_port}/",
        ]  # fmt: skip
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as browser:
            told = json.loads(server.told.get(timeout=100))
            browser.terminate()
        server.shutdown()
    for answers in told:
        rows = [[*answer["probabilities"].values(), answer["speech"]] for answer in answers]
        np.testing.assert_array_equal(np.array(rows, np.float32), in_c)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (0, 300_000),
        (0, 160_000),
        (0, 20_000),
        (0, 48_000),
        (120_000, 175_000),
        (0, 160),
        (500, 500),
    ],
)
def test_a_recording_is_answered_as_predict_does(node, packed, samples, begin, end):
    said = node(f"console.log(JSON.stringify(model.answer(samples.subarray({begin}, {end}))));")
    chosen = samples[begin:end]
    if not len(chosen):
        assert (said["label"], said["speech"]) == ("none", 0)
        return
    predictor = dispatch.open(packed[0])
    expected = answer(predictor, [chosen / np.float32(32_768)], whole=True)
    assert (said["label"], said["uncertain"]) == (expected.label, expected.uncertain)
    assert said["probabilities"] == pytest.approx(expected.probabilities, abs=1e-6)
    # Levels beside an edge fall on either side in single precision: a cell more or less.
    assert said["speech"] == pytest.approx(expected.speech, abs=gate.CELL / len(chosen))


@pytest.mark.parametrize("seconds", [1.5, 2.5, 8.0])
def test_with_too_little_speech_it_is_uncertain_as_predict_is(node, packed, samples, seconds):
    sound = np.zeros(round(seconds * RATE), np.int16)
    sound[:RATE] = samples[8_000:][:RATE]
    said = node(
        "model.thresholds.fill(0);"
        f"const sound = new Int16Array({len(sound)});"
        f"sound.set(samples.subarray(8000, {8_000 + RATE}));"
        "console.log(JSON.stringify(model.answer(sound)));"
    )
    predictor = dispatch.open(replace(packed[0], thresholds=(0.0,) * len(packed[0].labels)))
    expected = answer(predictor, [sound / np.float32(32_768)])
    assert said["label"] == expected.label != "none"
    assert said["uncertain"] == expected.uncertain == (seconds == 8.0)


@pytest.mark.parametrize(("begin", "end"), [(0, 300_000), (0, 160_000), (9_000, 170_500)])
def test_a_recording_is_followed_hop_by_hop_as_predict_does(node, packed, samples, begin, end):
    said = node(f"console.log(JSON.stringify(model.hops(samples.subarray({begin}, {end}))));")
    heard = samples[begin:end] / np.float32(32_768)
    expected = answer(dispatch.open(packed[0]), [heard]).hops
    assert len(said) == len(expected)
    for one, hop in zip(said, expected, strict=True):
        assert (one["start"], one["end"]) == pytest.approx((hop.start_s, hop.end_s))
        assert one["probabilities"] == pytest.approx(hop.probabilities, abs=1e-6)
        cells = gate.CELL / RATE / (hop.end_s - hop.start_s)
        assert one["speech"] == pytest.approx(hop.speech, abs=cells)


def test_an_answer_may_be_the_largest_over_windows(packed, samples, tmp_path):
    require("node")
    made = packed[1]
    windows = replace(made.windows, over="max")
    largest = convert(replace(made, windows=windows), format="wasm", bundles=tmp_path)
    samples[:100_000].tofile(tmp_path / "samples")
    script = (
        f"import {{ load }} from '{largest.path.as_uri()}/index.js';"
        "import { readFileSync } from 'node:fs';"
        f"const samples = new Int16Array(readFileSync('{tmp_path}/samples').buffer.slice());"
        "const model = await load();"
        "console.log(JSON.stringify(model.answer(samples).probabilities));"
    )
    command = ["node", "--no-warnings", "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    heard = samples[:100_000] / np.float32(32_768)
    expected = answer(dispatch.open(largest), [heard], whole=True).probabilities
    assert json.loads(done.stdout) == pytest.approx(expected, abs=1e-6)
    assert expected != answer(dispatch.open(packed[0]), [heard], whole=True).probabilities


def test_the_gate_hears_in_the_golden_sound_what_is_golden(node, samples):
    golden = GOLDEN["samples"]
    assert samples[-len(golden) :].tolist() == golden.tolist()
    said = node(
        f"const {{ speech }} = model.answer(samples.subarray(-{len(golden)}));"
        "console.log(JSON.stringify(speech));"
    )
    assert said == pytest.approx(float(GOLDEN["speech"]), abs=1e-9)


def test_of_a_melody_that_flickers_nothing_is_held(node):
    end = -len(GOLDEN["samples"])
    heard = gate.Gate(RATE)
    heard.feed(melody())
    heard.flush()
    expected = heard.speech(0.0, len(melody()) / RATE)
    said = node(
        f"const told = model.answer(samples.subarray({end - len(melody())}, {end}));"
        "console.log(JSON.stringify([told.speech, told.uncertain]));"
    )
    assert said == [pytest.approx(expected), True]
    assert 0 < expected < LEAST_SHARE


def test_streams_share_a_module_and_nothing_else(node):
    said = node(
        "const other = new Recognizer(model.module);"
        "const told = [];"
        "for (let at = 0; at < 96000; at += 1000) {"
        "  told.push(...model.feed(samples.subarray(at, at + 1000)));"
        "  other.feed(samples.subarray(at + 7, at + 900));"
        "}"
        "model.reset();"
        "const again = model.feed(samples.subarray(0, 96000));"
        "console.log(JSON.stringify([told, again]));"
    )
    assert said[0] == said[1] != []


def test_floats_are_heard_as_16_bits_and_what_is_beyond_them_is_cut(node):
    said = node(
        "const whole = Float32Array.from(samples.subarray(0, 48000), (x) => x / 32768);"
        "const near = whole.map((x, i) => x + (i % 2 ? 0.4 : -0.4) / 32768);"
        "const loud = whole.map((x, i) => (i % 500 ? x : 3 * (-1) ** i));"
        "const cut = loud.map((x) => Math.min(Math.max(x, -1), 1));"
        "const rows = [samples.subarray(0, 48000), whole, near, loud, cut];"
        "console.log(JSON.stringify(rows.map((row) => [...model.probabilities(row)])));"
    )
    assert said[0] == said[1] == said[2] != said[3] == said[4]


def test_it_says_itself_what_it_is(node, packed):
    said = node(
        "const { labels, sampleRate, windowSize, hopSize, thresholds } = model;"
        "console.log(JSON.stringify([labels, sampleRate, windowSize, hopSize, thresholds]));"
    )
    made = packed[0]
    assert said[:4] == [list(made.labels), made.sample_rate, *made.windows.samples(RATE)]
    assert said[4] == list(made.thresholds)


def test_its_constants_are_those_of_the_gate_and_its_types_are_those_of_the_module():
    root = Path(wasm.__file__).parent
    code, types = ((root / name).read_text() for name in ("index.js", "index.d.ts"))
    constants = (
        f"CELL = {gate.CELL}, HOLD = {gate.HOLD}, DELAY = {gate.DELAY}, LEAST_S = {gate.LEAST_S};"
    )
    assert constants in code
    assert f"LEAST_RUN = {gate.LEAST_RUN};" in code
    assert f"UTTERANCE_S = {UTTERANCE_S:g};" in code
    assert f"LEAST_SHARE = {LEAST_SHARE:g};" in code
    assert f"below {LEAST_SHARE:g}:" in types
    for name in re.findall(r"^  (?:readonly )?(\w+)[(:]", types.partition("class Rec")[2], re.M):
        assert re.search(rf"^  (this\.|  this\.)?{name}\b", code, re.M), name


RESAMPLE = """
import { Resampler } from '%s/resampler.js';
const from = %d, chunk = %d;
const sound = Float32Array.from({ length: from }, (_, i) =>
  Math.sin((2 * Math.PI * 440 * i) / from) + 0.5 * Math.sin((2 * Math.PI * 11000 * i) / from));
const resampler = new Resampler(from, 16000);
const given = [];
for (let at = 0; at < from; at += chunk) {
  given.push(...resampler.feed(sound.subarray(at, at + chunk)));
}
console.log(JSON.stringify(given));
"""


@pytest.mark.parametrize(("rate", "chunk"), [(48_000, 128), (44_100, 128), (44_100, 9_999)])
def test_the_resampler_keeps_a_tone_and_takes_away_what_would_fold_back(packed, rate, chunk):
    require("node")
    script = RESAMPLE % (packed[0].path.as_uri(), rate, chunk)
    command = ["node", "--no-warnings", "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    heard = np.array(json.loads(done.stdout))
    tone = np.sin(2 * np.pi * 440 * np.arange(len(heard)) / RATE)
    assert 15_950 < len(heard) <= RATE
    np.testing.assert_allclose(heard[100:], tone[100:], atol=2e-3)


def test_it_is_packed_and_installed_by_npm_and_answers_there(packed, tmp_path):
    require("node", "npm")
    npm = ["npm", "--offline", "--no-audit", "--no-fund", f"--cache={tmp_path}/cache"]
    run = {"check": True, "capture_output": True, "text": True, "timeout": 100}
    subprocess.run([*npm, "pack", str(packed[0].path)], cwd=tmp_path, **run)
    [archive] = tmp_path.glob("*.tgz")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "package.json").write_text('{"name": "app", "private": true}')
    subprocess.run([*npm, "install", str(archive)], cwd=tmp_path / "app", **run)
    installed = tmp_path / "app/node_modules/lightspeech-nano"
    names = {file.name for file in installed.iterdir()}
    assert names == {*wasm.FIXED, "bundle.json", "model.wasm", "package.json", "README.md"}
    script = (
        "import { load } from 'lightspeech-nano';"
        "import { Resampler } from 'lightspeech-nano/resampler.js';"
        "const model = await load(); new Resampler(48000, model.sampleRate);"
        "console.log(model.answer(new Float32Array(48000)).label);"
    )
    command = ["node", "--no-warnings", "--input-type=module", "--eval", script]
    done = subprocess.run(command, cwd=tmp_path / "app", **run)
    assert done.stdout == "none\n"


def test_without_a_compiler_one_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda tool: None)
    monkeypatch.setattr(compiler, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"apt install clang lld.*type: pip install .*\[wasm\]"):
        convert(bundle.read("nano"), format="wasm", bundles=tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_compiler_of_the_registry_gives_the_same_bits(monkeypatch, packed, samples, tmp_path):
    require("node")
    if not find_spec("ziglang"):
        pytest.skip("needs the extra 'wasm'")
    monkeypatch.setattr(compiler, "CLANG", compiler.ZIG)
    other = convert(bundle.read("nano"), format="wasm", bundles=tmp_path)
    rows = samples[: 4 * 48_000].reshape(-1, 48_000) / np.float32(32_768)
    answers = [dispatch.open(each).predict(rows) for each in (packed[0], other)]
    np.testing.assert_array_equal(*answers)


def test_a_level_that_needs_the_whole_window_is_refused(packed, tmp_path):
    source = packed[1]
    frontend = {**source.frontend, "level": "percentile", "kind": "mfcc", "n_mfcc": 40}
    assert MelConfig(**{k: v for k, v in frontend.items() if k != "name"}).level == "percentile"
    other = bundle.write(
        replace(source, path=tmp_path / "other", frontend=frontend),
        source.path / source.model_file,
    )
    with pytest.raises(ConfigError, match="needs a whole window"):
        convert(other, format="wasm", bundles=tmp_path)


def test_a_module_that_asks_for_anything_is_refused(packed, tmp_path):
    require("node")
    asks = bytes.fromhex("0061736d01000000010401600000020701016101660000")  # imports a.f
    made = bundle.write(replace(packed[0], path=tmp_path / "asks"), asks)
    rows = np.zeros((1, 48_000), np.float32)
    with pytest.raises(BundleError, match="export the model again"):
        dispatch.open(made).predict(rows)
