"""What the Kotlin of the Android example relies on is what a fresh export to LiteRT gives."""

import json
import re
from pathlib import Path

import pytest

from lightspeech.bundle import READABLE
from lightspeech.export import tflite_file

EXAMPLE = Path(__file__).parents[2] / "examples" / "android"
KOTLIN = (EXAMPLE / "app/src/main/kotlin/lightspeech/example/Recognizer.kt").read_text("utf-8")
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
        "format", "labels", "model_file", "sample_rate", "threshold", "windows",
    }  # fmt: skip
    assert all(isinstance(about[key], TYPES[getter]) for getter, key in READ)
    assert set(OF_WINDOWS) == about["windows"].keys() == {"window_s", "hop_s"}
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
    assert f"val FORMATS = setOf{READABLE} " in KOTLIN
    [folder] = re.findall(r"^bundle=(.*)$", (EXAMPLE / "gradle.properties").read_text(), re.M)
    assert (EXAMPLE / folder).resolve().parent == EXAMPLE.parents[1] / "bundles"
    assert 'gradleProperty("bundle")' in (EXAMPLE / "app/build.gradle.kts").read_text()


def test_it_asks_for_the_microphone_and_not_for_the_network():
    manifest = (EXAMPLE / "app/src/main/AndroidManifest.xml").read_text()
    assert re.findall(r"uses-permission android:name=\"([\w.]+)\"", manifest) == [
        "android.permission.RECORD_AUDIO"
    ]
