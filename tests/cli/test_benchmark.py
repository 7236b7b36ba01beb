import csv
import json
from shutil import which

import pytest


def test_a_bundle_is_measured_without_recordings(lightspeech, make_bundle, tmp_path):
    output = tmp_path / "benchmark.json"
    ended = lightspeech(
        "benchmark", make_bundle().path, "--rounds", 2, "--json", "--output", output
    )
    said = json.loads(ended.out)
    assert said == json.loads(output.read_text())
    assert {"cpu", "cores", "onnxruntime"} <= set(said["machine"])
    [row] = said["rows"]
    assert (row["model"], row["format"], row["status"]) == ("toy", "onnx", "ok")
    assert row["latency"]["rounds"] == 2
    assert row["uar"] is None


def test_a_shipped_model_is_measured_in_the_formats_that_are_named(lightspeech, tmp_path):
    options = ("--formats", "c99,onnx-fp16", "--rounds", 1, "--json", "--bundles", tmp_path)
    rows = json.loads(lightspeech("benchmark", "nano", *options).out)["rows"]
    assert [(row["format"], row["model"]) for row in rows] == [
        ("onnx", "nano"), ("c99", "nano"), ("onnx-fp16", "nano"),
    ]  # fmt: skip
    assert rows[2]["status"] == "failed"
    if which("gcc"):
        assert rows[1]["latency"]["median_ms"] > 0
        assert (rows[1]["ram"], rows[1]["ram_bytes"] > 1_000) == ("arena", True)


def test_the_table_is_csv_or_markdown_too(lightspeech, make_bundle):
    made = make_bundle().path
    [head, row] = csv.reader(
        lightspeech("benchmark", made, "--rounds", 1, "--csv").out.splitlines()
    )
    assert dict(zip(head, row, strict=True))["status"] == "ok"
    shown = lightspeech("benchmark", made, "--rounds", 1, "--markdown").out
    assert "| model | format | status |" in shown


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--json", "--csv"), "choose one of --json, --csv and --markdown"),
        (("--yardstick",), "--yardstick needs a run"),
    ],
)
def test_what_cannot_be_is_one_line(lightspeech, make_bundle, error_line, options, why):
    assert why in error_line(lightspeech("benchmark", make_bundle().path, *options))


def test_a_folder_that_is_neither_run_nor_bundle_is_one_line(lightspeech, tmp_path, error_line):
    assert "neither a finished run nor a bundle" in error_line(
        lightspeech("benchmark", tmp_path / "none")
    )
