import pytest

from lightspeech import files
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.evaluation import conditions
from lightspeech.files import write_json

SAID = {
    "corpus": "toy", "protocol": "loso", "unit": "speaker", "selection": "one speaker",
    "normalisation": "train", "leaky": False, "model": "micro", "scheme": "fp32",
    "n_params": 10, "size_bytes": 40, "recipe": "toy_micro", "labels": ["angry", "sad"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nothing", r"no such folder; check the path, or train: lightspeech run"),
        ("runs", r"no study; name one, such as runs/NAME, or train: lightspeech run"),
        ("runs/toy", r"without figures yet; type: lightspeech evaluate .*/toy$"),
        ("runs/toy/fold0-seed0", r"one run of a study; name the study itself: .*/runs/toy$"),
    ],
)
def test_folder_that_is_no_study_says_what_to_type(tmp_path, place, said):
    write_json(tmp_path / "runs/toy/recipe.yaml", {})
    write_json(tmp_path / "runs/toy/fold0-seed0/run.json", {})
    with pytest.raises(CorpusError, match=said):
        conditions.read(tmp_path / place)


def test_folder_without_runs_is_not_finished(tmp_path):
    write_json(tmp_path / "study.json", SAID)
    with pytest.raises(CorpusError, match="holds no runs"):
        conditions.read(tmp_path)


def test_run_without_answers_is_named(tmp_path):
    write_json(tmp_path / "study.json", SAID)
    (tmp_path / "fold0-seed3").mkdir()
    with pytest.raises(CorpusError, match=r"fold0-seed3 has no test\.csv"):
        conditions.read(tmp_path)


def test_misspelt_key_is_named(tmp_path):
    write_json(tmp_path / "study.json", SAID | {"leeky": True})
    with pytest.raises(ConfigError, match="leeky"):
        conditions.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "cannot be read"), ("{", "not valid JSON"), ("[1]", "expected a JSON object")],
)
def test_damaged_json_is_one_clear_line(tmp_path, text, message):
    path = tmp_path / "study.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(CorpusError, match=message):
        files.read_json(path)
