"""What the Android example reads is what an export to LiteRT gives; its gate is run by a JDK."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from lightspeech.audio import gate, nobody
from lightspeech.audio.windows import Windows
from lightspeech.bundle import FORMAT
from lightspeech.export import tflite_file
from lightspeech.inference.answers import LEAST_SHARE
from lightspeech.inference.live_stream import Kind, LiveStream

EXAMPLE = Path(__file__).parents[2] / "examples" / "android"
MAIN = EXAMPLE / "app/src/main"
KOTLIN = (MAIN / "kotlin/lightspeech/example/Recognizer.kt").read_text("utf-8")
JAVA = MAIN / "java/lightspeech/example"
GATE = JAVA / "Gate.java"
JSON = Path("/usr/share/java/com.android.json.jar")  # of Debian's libandroid-json-java
RATE = 16_000
GOLDEN = Path(__file__).parents[1] / "golden/gate.npz"
TYPES = {
    "getInt": int, "getDouble": (int, float), "getString": str, "getJSONArray": list,
    "getJSONObject": dict,
}  # fmt: skip
READ = re.findall(r'about\.(get\w+)\("(\w+)"\)', KOTLIN)
OF_WINDOWS = re.findall(r'(?:samples|isNull)\("(\w+)"\)', KOTLIN)


@pytest.fixture(scope="module")
def exported(export_nano):
    pytest.importorskip("litert_torch", reason="needs the extra 'litert'")
    return export_nano("litert")


def test_every_key_that_it_reads_is_there_and_of_that_type(exported):
    about = json.loads((exported.path / "bundle.json").read_text("utf-8"))
    assert {key for _, key in READ} == {
        "format", "labels", "model_file", "sample_rate", "thresholds", "windows",
    }  # fmt: skip
    assert all(isinstance(about[key], TYPES[getter]) for getter, key in READ)
    # How several windows are pooled it need not know: each is answered by itself.
    assert {*OF_WINDOWS, "over"} == about["windows"].keys() == {"window_s", "hop_s", "over"}
    assert all(isinstance(about["windows"][key], float) for key in OF_WINDOWS)
    assert all(isinstance(label, str) for label in about["labels"])


def test_one_window_of_floats_gives_one_row_of_probabilities(exported):
    graph = tflite_file.read((exported.path / exported.model_file).read_bytes())
    ends = [
        (graph.tensors[i].dtype, graph.tensors[i].shape) for i in (*graph.inputs, *graph.outputs)
    ]
    window, _ = exported.windows.samples(exported.sample_rate)
    assert ends == [("float32", (1, window)), ("float32", (1, len(exported.labels)))]
    assert "listOf(listOf(1, windowSize), listOf(1, labels.size))" in KOTLIN


def test_it_reads_this_version_and_the_bundle_lies_among_the_assets():
    assert f"val FORMAT = {FORMAT} " in KOTLIN
    [folder] = re.findall(r"^bundle=(.*)$", (EXAMPLE / "gradle.properties").read_text(), re.M)
    assert (EXAMPLE / folder).resolve().parent == EXAMPLE.parents[1] / "bundles"
    assert 'gradleProperty("bundle")' in (EXAMPLE / "app/build.gradle.kts").read_text()


def test_it_asks_for_the_microphone_and_not_for_the_network():
    manifest = (EXAMPLE / "app/src/main/AndroidManifest.xml").read_text()
    assert re.findall(r"uses-permission android:name=\"([\w.]+)\"", manifest) == [
        "android.permission.RECORD_AUDIO"
    ]


def test_its_gate_has_the_numbers_of_the_package():
    assert json.loads((MAIN / "assets/gate.json").read_text("utf-8")) == gate.described()
    read = re.findall(r'numbers\.get\w+\("(\w+)"\)', GATE.read_text("utf-8"))
    assert sorted(read) == sorted(gate.described())
    assert 'Gate(json(assets, "gate.json"))' in KOTLIN


@pytest.fixture(scope="module")
def java(tmp_path_factory):
    """Run one of the classes beside this file, with the example's numbers of the gate."""
    if not shutil.which("javac") or not JSON.exists():
        pytest.skip("needs javac, and org.json of Android: apt install libandroid-json-java")
    classes = tmp_path_factory.mktemp("classes")
    tested = [*JAVA.glob("*.java"), *Path(__file__).parent.glob("Hear*.java")]
    compiler = ["javac", "-Xlint:all", "-Werror", "-cp", JSON, "-d", classes, *tested]
    subprocess.run(compiler, check=True, timeout=120)

    def run(name, *arguments):
        command = ["java", "-cp", f"{JSON}:{classes}", f"lightspeech.example.{name}"]
        command += [MAIN / "assets/gate.json", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return [line.split() for line in done.stdout.splitlines()]

    return run


class Loudness:
    """The network of HearLive.java."""

    def __init__(self, bundle):
        self.bundle = bundle

    def predict(self, waveforms):
        loud = np.minimum(4 * np.abs(waveforms.astype(np.float64)).mean(1), 1).astype(np.float32)
        return np.stack([loud, 1 - loud], 1)


@pytest.mark.parametrize("chunk", [160, 7_777, 10**6])
def test_its_stream_says_what_that_of_the_package_says(
    java, make_bundle, everybody_speaks, tmp_path, chunk
):
    everybody_speaks.undo()
    voice = np.load(GOLDEN)["samples"][RATE // 2 : 2 * RATE] / np.float32(32_768)
    loudness = np.repeat([1.0, 20.0, 0.0, 1.0], 4 * RATE).astype(np.float32)
    sound = (np.resize(voice, 16 * RATE) * loudness).clip(-1, 1)
    sound.tofile(tmp_path / "sound")
    bundle = make_bundle(
        labels=("loud", "low"), thresholds=(0.6, 0.6), windows=Windows(window_s=3.0, hop_s=0.5)
    )
    stream = LiveStream(Loudness(bundle), RATE, smoothing=0.5, turns=False)
    expected = [(one.at_s, one.segment) for one in stream.feed(sound) if one.kind is Kind.NOW]
    said = java("HearLive", tmp_path / "sound", str(chunk))
    assert len(said) == len(expected) > 10
    for (at, start, end, label, uncertain, *shares), (at_s, segment) in zip(
        said, expected, strict=True
    ):
        times = [float(at), float(start), float(end)]
        assert times == pytest.approx([at_s, segment.start_s, segment.end_s])
        assert [*bundle.labels, "none"][int(label)] == segment.label
        assert (uncertain == "true") == segment.uncertain
        assert float(shares[0]) == pytest.approx(segment.speech, abs=1e-5)
        if segment.label != "none":
            assert float(shares[1]) == pytest.approx(segment.probabilities["loud"], abs=1e-5)
    labels = [segment.label for _, segment in expected]
    assert {"loud", "low", "none"} == {*labels}
    unsure = [one for _, one in expected if one.uncertain]
    assert {one.speech < LEAST_SHARE for one in unsure} == {False, True}
    assert {max(one.probabilities.values()) < 0.6 for one in unsure} == {False, True}


def test_its_gate_scores_as_the_package_does_to_the_whole_number(java, tmp_path):
    golden = np.load(GOLDEN)
    voice = golden["samples"] / np.float32(32_768)
    n_cells = len(golden["scores"])
    padded = np.zeros((n_cells + gate.DELAY + gate.HOLD) * gate.CELL, np.float32)
    padded[: len(voice)] = voice
    sounds = {
        "voice": voice, "padded": padded, "silence": 0 * voice, "short": voice[20_000:21_281],
        "melody": nobody.made("melody", np.random.default_rng(5)),
    }  # fmt: skip
    for name, sound in sounds.items():
        sound.tofile(tmp_path / name)
    rows = java("Hear", *(tmp_path / name for name in sounds))
    for (rate, speech, *scores), sound in zip(rows, sounds.values(), strict=True):
        assert int(rate) == gate.MEL.sample_rate
        learnt = gate.Scorer(gate.weights())
        whole = sound[: len(sound) // gate.CELL * gate.CELL]
        assert [int(s) for s in scores] == learnt.scores(gate.levels(gate.energies(whole))).tolist()
        heard = gate.Gate(gate.MEL.sample_rate)
        heard.feed(sound)
        heard.flush()
        expected = heard.speech(0.0, len(sound) / gate.MEL.sample_rate)
        assert float(speech) == pytest.approx(expected)
    assert float(rows[0][1]) == pytest.approx(golden["speech"])
    found = [int(score) for score in rows[1][2:]]
    assert found[gate.DELAY :][:n_cells] == golden["scores"].tolist()
