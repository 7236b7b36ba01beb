import json

import pytest
from typer.testing import CliRunner

from lightspeech.cli import app
from lightspeech.corpora import manifest
from lightspeech.errors import ConfigError, CorpusError


def invoke(*words):
    return CliRunner().invoke(app, ["leaks", *map(str, words)])


@pytest.fixture
def table(tmp_path, write_tone):
    """Somebody's split: ``a`` and ``b`` are the same recording of two speakers."""
    for name, hertz in (("a", 300), ("b", 300), ("c", 400), ("d", 500)):
        write_tone(tmp_path / f"{name}.wav", hertz=hertz)

    def make(**parts):
        rows = [f"{name}.wav,sad,speaker {name},{part}" for name, part in parts.items()]
        (tmp_path / "own.csv").write_text("\n".join(["path,label,speaker,split", *rows]) + "\n")
        return tmp_path / "own.csv"

    return make


def test_a_clean_split_exits_with_0(table):
    answer = invoke(table(a="train", b="train", c="selection", d="test"))
    assert answer.exit_code == 0
    assert "0 leaks" in answer.stdout


def test_a_leaking_split_names_the_pair_and_exits_with_1(table):
    answer = invoke(table(a="train", c="train", d="selection", b="test"))
    assert answer.exit_code == 1
    assert "own/a and own/b (train-test) share audio" in answer.stdout


def test_json_holds_the_pairs(table):
    answer = invoke(table(a="train", c="selection", b="test"), "--json")
    said = json.loads(answer.stdout)
    (pair,) = said["leaks"]
    assert (pair["train_id"], pair["other_id"], pair["kind"]) == ("own/a", "own/b", "audio")
    assert (said["speaker_unknown"], said["audio_unknown"]) == (0, 0)
    assert answer.exit_code == 1


def test_a_split_without_selection_or_label_can_be_checked(tmp_path):
    (tmp_path / "own.csv").write_text("path,speaker,split\na.wav,x,train\nb.wav,x,test\n")
    answer = invoke(tmp_path / "own.csv")
    assert answer.exit_code == 1
    assert "share speaker own/x" in answer.stdout
    assert "not compared, audio unknown: 2 utterances" in answer.stderr


def test_a_recording_on_both_sides_is_a_leak(table):
    path = table(a="train", c="test")
    with path.open("a") as file:
        file.write("c.wav,sad,speaker c,train\n")
    answer = invoke(path)
    assert answer.exit_code == 1
    assert "own/c@4 and own/c" in answer.stdout


def test_a_protocol_is_checked_on_a_prepared_manifest(table, tmp_path):
    path = tmp_path / "manifest.csv"
    manifest.write(manifest.read_any(table(a="", b="", c="", d="")), path)
    assert invoke(path, "--protocol", "leave-one-out").exit_code == 1  # a and b are one recording
    folds = invoke(path, "--protocol", "random-leaky", "--set", "folds=2")
    assert "in 2 splits of 4 utterances" in folds.stdout


@pytest.mark.parametrize(
    ("words", "error", "what"),
    [
        ([], ConfigError, "no split to check: fill the column 'split'"),
        (["--protocol", "loso"], ConfigError, "unknown name 'loso' in protocols"),
        (["--protocol", "given", "--set", "folds=2"], ConfigError, "given: folds: no such key"),
    ],
)
def test_a_wrong_call_says_what_to_do(table, words, error, what):
    answer = invoke(table(a="", b="", c=""), *words)
    assert isinstance(answer.exception, error)
    assert what in str(answer.exception)


def test_a_missing_manifest_says_so(tmp_path):
    assert isinstance(invoke(tmp_path / "none.csv").exception, CorpusError)


@pytest.fixture
def set_sentence(tmp_path):
    """One sentence on both sides, by two speakers."""
    path = tmp_path / "own.csv"
    path.write_text(
        "path,speaker,split,transcript\na.wav,x,train,Kids are talking\n"
        "b.wav,y,test,kids are talking!\n"
    )
    return path


def test_a_sentence_on_both_sides_is_told_and_no_leak_to_models_that_hear(set_sentence):
    answer = invoke(set_sentence)
    assert answer.exit_code == 0
    assert "1 sentences on two sides of a split: a text leak for models that read" in answer.stderr


def test_for_a_model_that_reads_text_it_is_a_leak(set_sentence):
    answer = invoke(set_sentence, "--text")
    assert answer.exit_code == 1
    assert "own/a and own/b (train-test) share text kids are talking" in answer.stdout
    said = json.loads(invoke(set_sentence, "--text", "--json").stdout)
    assert [pair["kind"] for pair in said["leaks"]] == ["text"]
    assert json.loads(invoke(set_sentence, "--json").stdout)["text_leaks"] == 1
