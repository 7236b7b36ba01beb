"""A study whose speakers are known, from the recipe to figures that say so."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lightspeech import bundle
from lightspeech.audio import io
from lightspeech.errors import BundleError, ConfigError
from lightspeech.evaluation import results
from lightspeech.inference import calibration, dispatch
from lightspeech.inference.recognize import recognize
from lightspeech.progress import no_progress
from lightspeech.studies import folders, material, recipe, stages
from lightspeech.studies.study import read_study
from lightspeech.training import predictions
from lightspeech.workflows import example, measuring, publish

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
    places = folders.Places(runs=root / "runs", bundles=root / "bundles", cache=root / "cache")
    folder = folders.begin(chosen, places, resume=False, fresh=False)
    prepared = material.prepare(chosen, folder, progress=no_progress)
    stages.train(chosen, prepared, folder, places, no_progress, processes=1)
    trained = read_study(folder)
    return trained, *publish.export(trained, "fold0-seed0", places)


def test_its_figures_say_that_the_speaker_is_known(study):
    _, figures, _ = study
    assert figures.protocol == "3-fold-speaker-known-speaker"
    assert "known speaker" in figures.normalisation
    assert not figures.leaky


def test_its_published_file_has_another_name(study):
    _, figures, _ = study
    root = Path("results")
    assert measuring.published_path(root, figures) == root / "synthetic/nano.known-speaker.json"
    strangers = replace(figures, protocol="3-fold-speaker")
    assert measuring.published_path(root, strangers) == root / "synthetic/nano.json"


def test_its_bundle_answers_nobody_before_it_knows_who_speaks(study):
    _, _, exported = study
    with pytest.raises(BundleError, match=r"must know who speaks; lightspeech calibrate"):
        dispatch.open(bundle.read(exported.path))


def test_calibrated_it_answers_as_it_was_measured(study, tmp_path):
    """By all that a speaker says, as the figures are; the bundle is that of the device."""
    trained, _, exported = study
    measured = predictions.read(trained.folder / "fold0-seed0" / "test.csv")
    heard = {u.id: u for u in trained.utterances}
    for speaker in sorted({heard[name].speaker for name in measured.ids}):
        own = [u.path for u in trained.utterances if u.speaker == speaker]
        known = calibration.calibrate(exported, own, tmp_path / speaker)
        predictor = dispatch.open(bundle.read(known.path))
        rows = [row for row, name in enumerate(measured.ids) if heard[name].speaker == speaker]
        answers = [
            recognize(predictor, io.load(heard[measured.ids[row]].path, known.sample_rate))
            for row in rows
        ]
        np.testing.assert_allclose(answers, measured.probabilities[rows], atol=2e-3)
    assert np.ptp(measured.probabilities, axis=0).max() > 0.02  # so the above compares something


def test_its_example_is_of_a_speaker_it_knows(study):
    trained, _, exported = study
    answer = example.answer_example(trained, exported)
    measured = predictions.read(trained.folder / "fold0-seed0" / "test.csv")
    told = measured.probabilities[measured.ids.index(answer.id)]
    np.testing.assert_allclose(list(answer.probabilities.values()), told, atol=2e-3)


@pytest.mark.parametrize("format", ["litert", "executorch", "arduino"])
def test_a_format_that_cannot_know_its_speaker_is_refused(study, format):
    trained, _, _ = study
    with pytest.raises(ConfigError, match="must know its speaker"):
        publish.export_as(trained, "fold0-seed0", folders.Places(), format)


def test_strangers_are_the_default():
    for path in Path(__file__).parents[1].glob("recipes/*.yaml"):
        known = recipe.read(path, []).normalisation == "speaker"
        assert known == path.stem.endswith("_known")


def test_figures_are_read_back(study):
    trained, figures, _ = study
    assert results.read(trained.folder / "results.json") == figures
