import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from lightspeech.corpora.base import Utterance
from lightspeech.errors import AudioError, StudyError
from lightspeech.frontends import functionals
from lightspeech.protocols.base import Split
from lightspeech.training.task import Task
from lightspeech.workflows import yardstick

N, N_CLASSES = 48, 3
RECIPE = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: nano}
"""


@pytest.fixture
def task(tmp_path):
    """Four dozen utterances of three classes by four speakers, two of them to train on."""
    utterances = tuple(
        Utterance(
            id=str(row), path=Path("none"), corpus="toy", speaker=f"s{row // 12}", emotion="",
            duration_s=1.0, sample_rate=16_000, audio_hash=str(row),
        )
        for row in range(N)
    )  # fmt: skip
    ids = tuple(str(row) for row in range(N))
    return Task(
        config=None, folder=tmp_path, cache=tmp_path, utterances=utterances, labels=tuple("abc"),
        targets=np.arange(N) % N_CLASSES,
        split=Split(name="0", train=ids[:24], selection=ids[24:36], test=ids[36:]), fold=0, seed=0,
    )  # fmt: skip


@pytest.fixture
def features():
    """Numbers on scales of 1 to 1e5, three of which tell the class."""
    rng = np.random.default_rng(0)
    clear = 4 * np.pad(np.eye(N_CLASSES)[np.arange(N) % N_CLASSES], ((0, 0), (0, 5)))
    return ((clear + rng.normal(size=(N, 8))) * np.logspace(0, 5, 8)).astype(np.float32)


def test_what_is_plain_in_the_numbers_is_answered(task, features):
    machine, answered = yardstick.answer(task, features)
    assert (answered.answers == answered.truth).mean() > 0.9
    np.testing.assert_allclose(answered.probabilities.sum(1), 1, atol=1e-5)
    assert answered.ids == task.split.test
    assert machine.n_params > machine.svm.support_vectors_.size


def test_the_test_set_chooses_and_standardizes_nothing(task, features):
    _, answered = yardstick.answer(task, features)
    other = dataclasses.replace(task, targets=np.append(task.targets[:36], [0] * 12))
    _, same = yardstick.answer(other, features)
    np.testing.assert_array_equal(same.probabilities, answered.probabilities)
    moved = features.copy()
    moved[37:] *= 100
    _, first = yardstick.answer(task, moved)
    np.testing.assert_allclose(first.probabilities[0], answered.probabilities[0], atol=1e-6)


@pytest.mark.parametrize("missing", [2, 0])
def test_a_class_that_nobody_trained_is_never_answered(features, missing):
    rows = np.flatnonzero(np.arange(N) % N_CLASSES != missing)
    machine = yardstick.fit(features[rows], rows % N_CLASSES, "linear", 0.1, N_CLASSES)
    answers = machine.scores(features).argmax(1)
    assert set(answers) == {0, 1, 2} - {missing}
    assert (answers[rows] == rows % N_CLASSES).mean() > 0.9


@pytest.fixture
def recording(write_tone, tmp_path):
    def make(seconds):
        return Utterance(
            id="a", path=write_tone(tmp_path / "a.wav", seconds=seconds), corpus="toy",
            speaker="s", emotion="", duration_s=seconds, sample_rate=16_000, audio_hash="a",
        )  # fmt: skip

    return make


def test_functionals_are_88_finite_numbers_kept_for_the_next_time(recording, tmp_path, monkeypatch):
    pytest.importorskip("opensmile", reason="needs the extra yardstick")
    utterance = recording(0.5)
    found = functionals.load([utterance], tmp_path)
    assert found.shape == (1, functionals.N_FUNCTIONALS)
    assert np.isfinite(found).all()
    monkeypatch.setattr(functionals, "extractor", None)
    np.testing.assert_array_equal(functionals.load([utterance], tmp_path), found)


def test_an_interrupted_extraction_is_told_and_not_kept(recording, tmp_path, monkeypatch):
    lost = np.full(functionals.N_FUNCTIONALS, np.nan, np.float32)  # what openSMILE makes of Ctrl-C
    monkeypatch.setattr(functionals, "extractor", lambda: lambda waveform: lost)
    with pytest.raises(StudyError, match="openSMILE was interrupted; type the command again"):
        functionals.load([recording(2.0)], tmp_path)
    assert not list(tmp_path.rglob("*.npy"))
    monkeypatch.setattr(functionals, "extractor", lambda: lambda waveform: np.ones_like(lost))
    [kept] = functionals.load([recording(2.0)], tmp_path)
    file = next(tmp_path.rglob("*.npy"))
    np.save(file, lost)  # as a version before kept it
    np.testing.assert_array_equal(functionals.load([recording(2.0)], tmp_path)[0], kept)


def test_a_recording_too_short_for_functionals_is_named(recording, tmp_path, monkeypatch):
    monkeypatch.setattr(functionals, "extractor", lambda: np.zeros)
    with pytest.raises(AudioError, match=r"a\.wav: 0\.050 s, eGeMAPS needs 0\.1 s"):
        functionals.load([recording(0.05)], tmp_path)


def test_yardstick_of_a_recipe_is_published_as_a_model_is(tmp_path, monkeypatch):
    pytest.importorskip("opensmile", reason="needs the extra yardstick")
    from typer.testing import CliRunner

    from lightspeech.cli import app

    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(RECIPE)
    ended = CliRunner().invoke(app, ["yardstick", "tiny.yaml", "--publish", "results", "--json"])
    assert ended.exception is None
    published = json.loads(Path("results/synthetic/egemaps_svm.json").read_text())
    assert json.loads(ended.stdout) == published
    assert (published["folds"], published["seeds"], published["leaky"]) == (3, [0], False)
    measured = CliRunner().invoke(app, ["evaluate", "runs/tiny-egemaps_svm", "--json"])
    assert json.loads(measured.stdout) == published
