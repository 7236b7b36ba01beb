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
    assert ended.code == 0
    assert said == json.loads(output.read_text())
    assert {"cpu", "cores", "onnxruntime"} <= set(said["machine"])
    [row] = said["rows"]
    assert (row["model"], row["format"], row["status"]) == ("toy", "onnx", "ok")
    assert row["latency"]["rounds"] == 2
    assert row["uar"] is None


def test_a_shipped_model_is_measured_in_the_formats_that_are_named(lightspeech, tmp_path):
    options = ("--formats", "c99,onnx-fp16", "--rounds", 1, "--json", "--bundles", tmp_path)
    ended = lightspeech("benchmark", "nano", *options)
    rows = json.loads(ended.out)["rows"]
    assert ended.code == 1  # since one failed
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


@pytest.fixture
def own_table(tmp_path, write_tone):
    """A table as people bring it: loud tones, one of a class that the toy bundle has not."""
    for name in ("a", "b", "c"):
        write_tone(tmp_path / f"{name}.wav", seconds=0.5)
    (tmp_path / "mine.csv").write_text("path,label\na.wav,loud\nb.wav,low\nc.wav,puzzled\n")
    return tmp_path / "mine.csv"


def test_a_bundle_is_measured_on_a_table_of_ones_own(lightspeech, make_bundle, own_table):
    made = make_bundle(provenance={"recipe": "toy", "fold": 0, "seed": 0}).path
    ended = lightspeech("benchmark", made, "--rounds", 1, "--manifest", own_table, "--json")
    [row] = json.loads(ended.out)["rows"]
    assert (row["status"], row["n_utterances"], row["uar"]) == ("ok", 2, 0.5)


def test_a_table_with_words_of_ones_own_is_measured_too(lightspeech, make_bundle, own_table):
    own_table.write_text("Datei;Gefühl\na.wav;Krach\nb.wav;leise\n", "cp1252")
    words = ("--columns", "path=Datei,label=Gefühl", "--map", "Krach=loud", "--map", "leise=low")
    made = make_bundle(provenance={"recipe": "toy", "fold": 0, "seed": 0}).path
    ended = lightspeech("benchmark", made, "--manifest", own_table, *words, "--rounds", 1, "--json")
    [row] = json.loads(ended.out)["rows"]
    assert (row["status"], row["n_utterances"], row["uar"]) == ("ok", 2, 0.5)
    assert ended.err.count("read as Windows-1252") == 1


@pytest.mark.parametrize("words", [("--columns", "path=Datei"), ("--map", "Krach=loud")])
@pytest.mark.parametrize(
    ("command", "why"), [("benchmark", "for the table of --manifest"), ("evaluate", "--manifest")]
)
def test_words_for_a_table_that_is_not_there_are_refused(
    lightspeech, make_bundle, error_line, command, why, words
):
    assert why in error_line(lightspeech(command, make_bundle().path, *words))


def test_a_recording_of_the_table_that_is_not_there_is_told(lightspeech, make_bundle, own_table):
    (own_table.parent / "b.wav").unlink()
    ended = lightspeech("benchmark", make_bundle().path, "--manifest", own_table)
    assert ended.code == 1
    assert "1 recordings cannot be measured on, first" in ended.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("command", "option", "name", "ending"),
    [
        ("benchmark", "--output", "x.csv", ".json"),
        ("benchmark", "--picture", "x.png", ".svg"),
        ("evaluate", "--output", "x.html", ".json"),
        ("report", "--output", "x.svg", ".html or .htm"),
    ],
)
def test_an_output_of_another_format_is_refused(
    lightspeech, tmp_path, error_line, command, option, name, ending
):
    line = error_line(lightspeech(command, tmp_path, option, tmp_path / name))
    assert f"name a file that ends in {ending}" in line
    assert not (tmp_path / name).exists()


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
