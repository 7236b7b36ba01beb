import json

import pytest
from typer.testing import CliRunner

from lightspeech.cli import app
from lightspeech.corpora import manifest
from lightspeech.errors import ConfigError, CorpusError


@pytest.fixture
def root(tmp_path, write_tone):
    for hertz, name in enumerate(("03a01Fa", "03a02Wb", "16b10Wa"), start=300):
        write_tone(tmp_path / "wav" / f"{name}.wav", hertz=hertz)
    (tmp_path / "wav" / "08a01Na.wav").write_bytes(b"RIFF")
    return tmp_path / "wav"


def invoke(*words):
    return CliRunner().invoke(app, ["prepare", *map(str, words)])


def test_a_corpus_becomes_a_manifest_and_a_report(root, tmp_path):
    answer = invoke("emodb", "--root", root, "--output", tmp_path / "m.csv")
    assert answer.exit_code == 0
    assert len(manifest.read(tmp_path / "m.csv")) == 3
    for said in ("3 of 535 official files", "2 of 10 official speakers", "rejected: 1", "08a01Na"):
        assert said in answer.stdout
    row = next(line for line in answer.stdout.splitlines() if line.startswith("all"))
    assert row.split() == ["all", "2", "1", "3"]


def test_json_is_one_object_on_stdout(root, tmp_path):
    answer = invoke("emodb", "--root", root, "--output", tmp_path / "m.csv", "--json")
    said = json.loads(answer.stdout)
    assert (said["files"], said["official_files"], said["speakers"]) == (3, 535, 2)
    assert said["emotions"] == {"anger": 2, "happiness": 1}
    assert said["by_speaker"]["emodb/03"] == {"anger": 1, "happiness": 1}
    assert said["labels_absent"] == ["boredom", "disgust", "fear", "neutral", "sadness"]
    assert [r["path"] for r in said["rejected"]] == [str(root / "08a01Na.wav")]
    assert said["manifest"] == str(tmp_path / "m.csv")


def test_reader_options_are_set_and_unknown_speakers_are_told(tmp_path, write_tone):
    write_tone(tmp_path / "mine" / "sad" / "anna_1.wav")
    words = ("folder", "--root", tmp_path / "mine", "--output", tmp_path / "m.csv")
    assert "speaker unknown: 1" in invoke(*words).stdout
    named = invoke(*words, "--set", r"speaker_pattern=([a-z]+)_")
    assert "speaker unknown" not in named.stdout
    assert manifest.read(tmp_path / "m.csv")[0].speaker == "mine/anna"


@pytest.mark.parametrize(
    ("words", "error", "what"),
    [
        (["emo-db"], ConfigError, "unknown name 'emo-db' in corpora; choose one of"),
        (["emodb", "--root", "nowhere"], CorpusError, "nowhere: no such folder"),
        (["emodb", "--set", "colour=red"], ConfigError, "emodb: colour: no such key"),
        (["emodb", "--set", "colour"], ConfigError, "write key.subkey=value"),
        (["folder", "--set", r"speaker_pattern=[a](\d)"], ConfigError, "not YAML; quote it as in"),
        (["iemocap", "--set", "style=sung"], ConfigError, "iemocap: style"),
    ],
)
def test_a_wrong_call_is_one_line_that_says_what_to_do(words, error, what):
    answer = invoke(*words)
    assert isinstance(answer.exception, error)
    assert what in str(answer.exception)


def test_a_table_of_somebody_is_not_written_over(root, tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("path,emotion\na.wav,sad\n")
    words = ("emodb", "--root", root, "--output", table)
    with pytest.raises(CorpusError, match=r"mine\.csv: is there, and no manifest.*--output"):
        app(["prepare", *map(str, words)], standalone_mode=False)
    assert table.read_text().startswith("path,emotion")
    table.unlink()
    assert [invoke(*words).exit_code for _ in range(2)] == [0, 0]
