import json

import pytest

RECIPE = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: nano}
training: {epochs: 1}
"""


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """Write a recipe of seconds, and work beside it."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "tiny.yaml"
    path.write_text(RECIPE)
    return path


@pytest.mark.usefixtures("export_once")
def test_what_train_leaves_is_exported_measured_and_asked(lightspeech, recipe):
    trained = lightspeech("train", recipe, "--processes", 1)
    assert trained.out.split() == [f"runs/tiny/fold{fold}-seed0" for fold in range(3)]
    assert not list(recipe.parent.glob("bundles/*"))

    assert lightspeech("export", "runs/tiny/fold1-seed0").out.startswith("bundles/tiny (")
    made = json.loads((recipe.parent / "bundles/tiny/bundle.json").read_text())
    assert made["provenance"]["fold"] == 1

    measured = json.loads(lightspeech("evaluate", "runs/tiny", "--json").out)
    assert measured["folds"] == 3
    assert measured["uar"]["mean"] == pytest.approx(made["figures"]["uar"]["mean"])

    folder = next(recipe.parent.glob("cache/synthetic-*/s001"))
    answered = lightspeech("predict", folder, "--bundle", "bundles/tiny", "--json")
    assert {json.loads(line)["model"] for line in answered.out.splitlines()} == {"tiny"}


def test_study_that_is_there_is_neither_overwritten_nor_mixed(lightspeech, error_line, recipe):
    (recipe.parent / "runs/tiny/fold0-seed0").mkdir(parents=True)
    (recipe.parent / "runs/tiny/recipe.yaml").write_text(recipe.read_text())
    (recipe.parent / "runs/tiny/fold0-seed0/test.csv").touch()
    assert "--resume or --fresh" in error_line(lightspeech("train", recipe))


@pytest.mark.parametrize("run", ["runs/tiny/fold0-seed0", "nothing", "."])
def test_export_of_no_run_says_what_to_type(lightspeech, error_line, recipe, run):
    line = error_line(lightspeech("export", run))
    assert "no run of a study" in line
    assert "name " in line
    assert "runs/NAME/fold0-seed0" in line


def test_export_of_a_study_names_a_run_of_it(lightspeech, error_line, recipe):
    (recipe.parent / "runs/tiny").mkdir(parents=True)
    recipe.rename("runs/tiny/recipe.yaml")
    line = error_line(lightspeech("export", "runs/tiny"))
    assert line.endswith(f"is a study; name one of its runs: {recipe.parent}/runs/tiny/fold0-seed0")
