"""A study whose speakers are known, from the recipe to figures that say so."""

from dataclasses import replace
from pathlib import Path

import pytest

from lightspeech import manifest, publication, recipe, stages
from lightspeech.evaluation import results

TINY = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
normalisation: speaker
model: {name: nano, channels: [8, 8]}
windows: {window_s: 1.0, hop_s: 0.5}
training: {epochs: 2, batch_size: 4}
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    root = tmp_path_factory.mktemp("known")
    (root / "tiny.yaml").write_text(TINY)
    chosen = recipe.read(root / "tiny.yaml", [f"corpus.root={root / 'synthetic'}"])
    places = stages.Places(runs=root / "runs", bundles=root / "bundles", cache=root / "cache")
    folder = stages.open_study(chosen, places, resume=False, fresh=False)
    prepared = stages.prepare(chosen, folder, progress=manifest.silent)
    stages.train(chosen, prepared, folder, places, lambda *_: None, processes=1)
    trained = stages.open_trained(folder)
    return trained, *publication.export(trained, "fold0-seed0", places)


def test_its_figures_say_that_the_speaker_is_known(study):
    _, figures, _ = study
    assert figures.protocol == "3-fold-speaker-known-speaker"
    assert "known speaker" in figures.normalisation
    assert not figures.leaky


def test_its_published_file_has_another_name(study):
    _, figures, _ = study
    root = Path("results")
    assert publication.published_path(root, figures) == root / "synthetic/nano.known-speaker.json"
    strangers = replace(figures, protocol="3-fold-speaker")
    assert publication.published_path(root, strangers) == root / "synthetic/nano.json"


def test_it_has_no_bundle_and_says_why(study):
    trained, _, exported = study
    assert exported is None
    assert "must know its speaker" in publication.why_no_bundle(trained.recipe.run_config())


def test_strangers_are_the_default():
    for path in Path(__file__).parents[1].glob("recipes/*.yaml"):
        known = recipe.read(path, []).normalisation == "speaker"
        assert known == path.stem.endswith("_known")


def test_figures_are_read_back(study):
    trained, figures, _ = study
    assert results.read(trained.folder / "results.json") == figures
