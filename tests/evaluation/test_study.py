import pytest

from lightspeech.errors import ConfigError, CorpusError
from lightspeech.evaluation import study
from lightspeech.files import write_json

SAID = {
    "corpus": "toy", "protocol": "loso", "unit": "speaker", "selection": "one speaker",
    "normalisation": "train", "leaky": False, "model": "micro", "scheme": "fp32",
    "n_params": 10, "size_bytes": 40, "recipe": "toy_micro", "labels": ["angry", "sad"],
}  # fmt: skip


def test_folder_without_runs_is_not_finished(tmp_path):
    write_json(tmp_path / "study.json", SAID)
    with pytest.raises(CorpusError, match="holds no fold"):
        study.read(tmp_path)


def test_run_without_answers_is_named(tmp_path):
    write_json(tmp_path / "study.json", SAID)
    (tmp_path / "fold0-seed3").mkdir()
    with pytest.raises(CorpusError, match=r"fold0-seed3 has no test\.csv"):
        study.read(tmp_path)


def test_misspelt_key_is_named(tmp_path):
    write_json(tmp_path / "study.json", SAID | {"leeky": True})
    with pytest.raises(ConfigError, match="leeky"):
        study.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "cannot be read"), ("{", "not valid JSON"), ("[1]", "expected a JSON object")],
)
def test_damaged_json_is_one_clear_line(tmp_path, text, message):
    path = tmp_path / "study.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(CorpusError, match=message):
        study.read_json(path)


def test_environment_names_versions_and_no_place_of_this_machine():
    found = study.environment()
    assert {"python", "machine", "numpy"} <= set(found)
    assert not any("/" in value for value in found.values())
