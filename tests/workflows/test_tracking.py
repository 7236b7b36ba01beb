"""What a tracker is told of a study, and that it is asked for before anything is trained."""

import sys

import pytest

from lightspeech.errors import ConfigError, MissingExtra
from lightspeech.evaluation import conditions, results
from lightspeech.files import write_json, write_text

RECIPE = """
name: toy
corpus: {name: synthetic, root: /secret/place}
protocol: {name: grouped_k_fold, folds: 2}
seeds: [0, 1, 2]
model: {name: nano}
training: {epochs: 3}
"""


@pytest.fixture
def tracking(monkeypatch, tmp_path):
    pytest.importorskip("mlflow", reason="tracking needs the extra 'track'")
    pytest.importorskip("torch", reason="studies need the extra 'train'")
    from lightspeech.workflows import tracking

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(tracking.WHERE, raising=False)
    return tracking


@pytest.fixture
def study(make_study):
    """Give a measured study, as `read_study` does."""
    from lightspeech.protocols.base import Protocol, Split
    from lightspeech.studies import recipe
    from lightspeech.studies.study import Study

    folder = make_study()
    write_text(folder / "recipe.yaml", RECIPE)
    splits = tuple(Split(name=f"fold {n}", train=(), selection=(), test=()) for n in range(2))
    protocol = Protocol(name="toy", unit="speaker", selection="", leaky=False, splits=splits)
    read = recipe.read(folder / "recipe.yaml", [])
    made = Study(folder=folder, recipe=read, utterances=[], protocol=protocol)
    outcome = {"labels": ["a", "b"], "fold": 0, "seed": 0, "temperature": 1.0, "threshold": 0.5}
    for name in made.run_names:
        write_json(folder / name / "run.json", {**outcome, "environment": {"code": "abc"}})
    return made


@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy:DeprecationWarning")
def test_a_store_is_told_of_a_study_and_each_of_its_runs(tracking, study, make_bundle, tmp_path):
    client = tracking.open_store()
    figures = results.measure(*conditions.read(study.folder))
    told = tracking.log(client, study, figures, make_bundle(path=tmp_path / "bundles" / "toy"))

    experiment = client.get_experiment_by_name("toy").experiment_id
    of_study, *of_runs = sorted(
        client.search_runs([experiment]), key=lambda run: tracking.PARENT in run.data.tags
    )
    assert of_study.info.run_id == told
    assert of_study.data.params["training.epochs"] == "3"
    assert not any("secret" in value for value in of_study.data.params.values())
    assert of_study.data.metrics["uar.mean"] == pytest.approx(figures.uar.mean)
    assert not any("toy/0" in key for key in of_study.data.metrics)
    assert of_study.data.tags["recipe_sha256"] == study.recipe_sha256
    assert of_study.data.tags["code"] == "abc"
    assert {each.path for each in client.list_artifacts(told)} == {
        "bundle", "recipe.yaml", "study.json",
    }  # fmt: skip
    assert {run.data.tags[tracking.NAME] for run in of_runs} == set(study.run_names)
    assert all(run.data.tags[tracking.PARENT] == told for run in of_runs)
    losses = client.get_metric_history(of_runs[0].info.run_id, "loss")
    assert [each.step for each in losses] == list(range(len(losses)))
    assert losses
    assert (tmp_path / "mlflow.db").is_file()


def test_a_store_that_cannot_be_opened_is_told_before_anything_is_trained(tracking, monkeypatch):
    monkeypatch.setenv(tracking.WHERE, "nowhere://x")
    with pytest.raises(ConfigError, match="nowhere://x, which cannot be opened"):
        tracking.open_store()


def test_without_mlflow_the_extra_is_named(tracking, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingExtra, match="track"):
        tracking.open_store()
