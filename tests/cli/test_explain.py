import json

import numpy as np
import pytest

from lightspeech.explain import explanation, hearing, training_speakers
from lightspeech.explain.reliance import ALL

ASKED = ("copy", "there and back", "pitch level", "rate", "loudness level")


@pytest.fixture
def few_edits(monkeypatch):
    """Three cues, so that it is soon done."""
    from lightspeech.explain import reliance
    from lightspeech.workflows import explain

    few = tuple(e for e in hearing.EDITS if e.cue in ASKED and (abs(e.amount) < 2 or e.amount == 6))
    for module in (hearing, reliance, explain):
        monkeypatch.setattr(module, "EDITS", few)
    return few


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="trained runs need the extra 'train'")


@pytest.mark.usefixtures("torch")
def test_a_study_is_explained_kept_and_told_again(lightspeech, train, here, few_edits, monkeypatch):
    from lightspeech.workflows import explain_probes

    monkeypatch.setattr(explain_probes, "MOST", 2)
    folder, _ = train("seeds=[0,1]")
    asked = ("explain", folder, "--against", folder, "--fold", 0, "--processes", 1)
    told = lightspeech(*asked, "--publish", "results", "--json")
    assert told.code == 0, told.err
    found = json.loads(told.out)
    assert found["folds"] == [0]
    (system,) = found["systems"]
    assert system["seeds"] == [0, 1]
    assert {(e["cue"], e["amount"]) for e in system["edits"]} == {
        (e.cue, e.amount) for e in few_edits
    }
    assert system["edits"][0]["emotions"][ALL]["ci95"] is None  # one speaker a fold
    path = here / "results/explain/synthetic-tiny.json"
    assert explanation.read(path).n_speakers == 1
    embedded = [np.load(file) for file in (here / "cache/explain").glob("embeddings-*.npy")]
    assert [len(rows) for rows in embedded] == [2 + found["n_utterances"]] * 2  # a file a seed

    monkeypatch.setattr(hearing, "hear", None)  # nobody is asked twice
    again = lightspeech(*asked)
    assert again.code == 0, again.err
    assert "pitch level 1 st" in again.out
    assert "rests on no cue for certain" in again.out


@pytest.mark.usefixtures("torch", "few_edits")
def test_bundles_stand_beside_a_chain_on_the_classes_that_all_tell_apart(
    lightspeech, train, here, make_bundle
):
    folder, _ = train()
    made = make_bundle(labels=("anger", "pride", "sadness"), corpora=({"name": "emodb"},))
    asked = ("explain", folder, made.path, "--processes", 1)
    told = lightspeech(*asked, "--publish", "results")
    assert told.code == 0, told.err
    assert "Compared are the classes that all tell apart, angry, sad, among which" in told.out
    assert "recordings of happy, neutral are left out" in told.out
    found = explanation.read(here / "results/explain/synthetic-tiny+toy.json")
    assert [system.name for system in found.systems] == ["tiny", "bundle toy"]
    assert found.teacher == "tiny"  # what the bundle is held against where no step names another
    assert found.labels == ("angry", "sad")
    assert found.n_utterances == 3 * 2  # speakers, classes
    assert not found.probes + found.payers
    assert [(one.system, one.method) for one in found.maps] == [
        ("bundle toy", "occlusion"), ("bundle toy", "shapley"),
    ]  # fmt: skip
    for one in found.maps:
        assert (one.n, one.shuffled, one.seeds) == (6, None, None)
        assert one.worth > one.random_worth
    louder = next(e for e in found.systems[1].edits if e.cue == "loudness level")
    # Its answers are −20, 0, 20 times the level: louder is less angry.
    assert louder.emotions["angry"].change < -0.1 < 0.1 < louder.emotions["sad"].change
    again = lightspeech(*asked[:1], made.path, folder, *asked[3:])
    assert again.out == told.out


def test_a_bundle_that_may_know_who_is_heard_is_refused(
    lightspeech, error_line, train, make_bundle
):
    pytest.importorskip("torch", reason="trained runs need the extra 'train'")
    folder, _ = train()
    labels = ("angry", "happy", "sad")

    def refused(**says):
        made = make_bundle(**{"labels": labels, "corpora": ({"name": "emodb"},), **says})
        return error_line(lightspeech("explain", folder, made.path, "--cues-alone"))

    assert "toy: learnt from ['synthetic']" in refused(corpora=({"name": "synthetic"},))
    assert "toy does not say what it learnt from" in refused(corpora=())
    assert "name bundles that share 2 classes" in refused(labels=("low", "mid", "sad"))


@pytest.mark.usefixtures("torch", "few_edits")
def test_a_bundle_of_the_corpus_hears_its_own_test_speakers_alone(lightspeech, train, make_bundle):
    folder, _ = train()
    says = {
        "corpora": ({"name": "synthetic"},),
        "provenance": {"test_speakers": ["synthetic/s002"]},
    }
    made = make_bundle(labels=("angry", "happy", "sad"), **says)
    told = lightspeech("explain", folder, made.path, "--json", "--processes", 1)
    assert told.code == 0, told.err
    found = json.loads(told.out)
    assert (found["n_speakers"], len(found["folds"])) == (1, 1)


@pytest.mark.usefixtures("torch")
def test_what_is_no_study_and_no_bundle_is_refused(lightspeech, error_line, tmp_path):
    for targets in ([tmp_path], ["nope", "micro"], ["micro", "nope"]):
        line = error_line(lightspeech("explain", *targets))
        assert "neither a study" in line or "no such file" in line
    assert f"{tmp_path}: neither" in error_line(lightspeech("explain", tmp_path))


def test_recordings_are_explained_in_three_sentences(
    lightspeech, make_bundle, write_tone, tmp_path
):
    pytest.importorskip("matplotlib", reason="pictures need the extra 'report'")
    path = write_tone(tmp_path / "one.wav", seconds=0.6, hertz=150.0)
    told = lightspeech("explain", make_bundle().path, path, "--pictures", tmp_path / "told")
    assert told.code == 0, told.err
    assert told.out.splitlines()[0] == str(path)
    assert len(told.out.splitlines()) == 4
    assert (tmp_path / "told/one.txt").read_text() in told.out
    assert (tmp_path / "told/one.svg").is_file()


def test_a_recording_that_is_not_there_stops_no_other(
    lightspeech, make_bundle, write_tone, tmp_path
):
    path = write_tone(tmp_path / "one.wav", seconds=0.6, hertz=150.0)
    gone = tmp_path / "gone.wav"
    told = lightspeech("explain", make_bundle().path, gone, path)
    assert told.code == 1
    assert told.err == f"error: {gone}: no such file; check the path\n"
    assert told.out.startswith(f"{path}\n")


def test_a_bundle_wants_recordings_and_a_study_no_pictures(
    lightspeech, error_line, make_bundle, tmp_path
):
    made = make_bundle().path
    assert "name recordings too" in error_line(lightspeech("explain", made))
    asked = lightspeech("explain", tmp_path, "--pictures", tmp_path)
    assert "no bundle" in error_line(asked)


@pytest.mark.usefixtures("torch")
def test_the_training_speakers_of_a_bundle_are_measured_once(
    lightspeech, error_line, make_bundle, write_tone, train, tmp_path
):
    folder, _ = train()
    made = make_bundle().path
    told = lightspeech("explain", made, "--speakers", folder, "--limit", 4, "--processes", 1)
    assert told.code == 0, told.err
    assert training_speakers.read(made).n_recordings == 4
    path = write_tone(tmp_path / "one.wav", seconds=0.6, hertz=150.0)
    assert "beside 4 recordings that it learnt from: " in lightspeech("explain", made, path).out
    asked = lightspeech("explain", folder, "--speakers", folder)
    assert "--speakers is for a bundle" in error_line(asked)


def test_predict_writes_why_beside_its_answers(lightspeech, make_bundle, write_tone, tmp_path):
    pytest.importorskip("matplotlib", reason="pictures need the extra 'report'")
    path = write_tone(tmp_path / "one.wav", seconds=0.6, hertz=150.0)
    long = write_tone(tmp_path / "long.wav", seconds=11, hertz=150.0)
    asked = ("predict", path, long, "--bundle", make_bundle().path, "--explain", tmp_path / "told")
    told = lightspeech(*asked)
    assert told.code == 1
    assert "long.wav: not explained: 11.00 s; an explanation is of one utterance" in told.err
    assert sorted(file.name for file in (tmp_path / "told").iterdir()) == ["one.svg", "one.txt"]
    assert "--channels" in lightspeech(*asked, "--channels", "each").err
