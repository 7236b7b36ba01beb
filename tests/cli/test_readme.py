"""What README and CONTRIBUTING say of own recordings and own models works as it stands there."""

import json
import re
import shlex
from pathlib import Path

import pytest

from lightspeech import corpora, models

ROOT = Path(__file__).parents[2]
README, CONTRIBUTING = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")
)
OWN_RECIPE = """
name: own
corpus: {name: barks, root: barks}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: mean, width: 32}
training: {epochs: 1}
"""


@pytest.fixture
def own_plugins(tmp_path, monkeypatch):
    """Put the two files that are shown where it is said, and work in an empty folder."""
    shown = README + CONTRIBUTING
    blocks = re.findall(r"src/lightspeech/(\w+)/(\w+)\.py`.*?```python\n(.*?)```", shown, re.S)
    for package, name, text in blocks:
        (tmp_path / package).mkdir()
        (tmp_path / package / f"{name}.py").write_text(text)
    for package in (corpora, models):
        place = tmp_path / package.__name__.rpartition(".")[2]
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(place)])
    monkeypatch.chdir(tmp_path)
    return [name for _, name, _ in blocks]


def test_own_corpus_and_own_model_as_shown_train(own_plugins, lightspeech, write_tone, tmp_path):
    assert own_plugins == ["barks", "mean"]
    for who in range(3):
        for number, label in enumerate(["calm", "sad"] * 2):
            path = tmp_path / f"barks/s{who}_{label}_{number}.wav"
            write_tone(path, seconds=0.5, hertz=200 + 10 * who + 100 * number)
    (tmp_path / "own.yaml").write_text(OWN_RECIPE)
    trained = lightspeech("train", "own.yaml", "--processes", 1)
    assert trained.code == 0, trained.err
    assert lightspeech("export", "runs/own/fold0-seed0").code == 0
    answer = lightspeech("predict", "barks", "--bundle", "bundles/own", "--json").out.splitlines()[
        0
    ]
    assert json.loads(answer)["probabilities"].keys() == {"calm", "sad"}


def test_class_folders_of_the_readme_are_read(lightspeech, write_tone, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number, who in enumerate(("anna", "ben", "cleo")):
        for label in ("angry", "sad"):
            write_tone(tmp_path / f"mine/{label}/{who}_01.wav", hertz=200 + 50 * number)
    [shown] = re.findall(r"`(lightspeech new [^`]*)`", README)
    assert "mine/anna" in lightspeech(*shlex.split(shown)[1:]).out
    assert "leave_one_out" in (tmp_path / "mine.yaml").read_text()
