"""Whole studies: speech without labels is learnt from; a teacher orders what is learnt."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lightspeech.corpora import manifest
from lightspeech.errors import ConfigError, CorpusError, LeakError
from lightspeech.studies import sources
from lightspeech.studies.study import read_study
from lightspeech.training import layout, soft_labels, teachers
from lightspeech.training import run as runs
from lightspeech.training.objectives import curriculum

TWO_FOLDS = ("corpus.speakers=4", "protocol.folds=2", "training.epochs=2")
OBJECTIVE, UNLABELLED = "training.objectives=[semi_supervised]", "training.unlabelled=[{}]"
FOLDER = "{name: folder, root: strangers, labelled: false}"


@pytest.fixture
def strangers(here, write_tone):
    """Six tones of nobody."""
    for n in range(6):
        write_tone(here / f"strangers/deep/{n}.wav", seconds=0.6, hertz=200 + 90 * n)


def weights(run):
    return runs.read_run(run).network.state_dict()["head.1.weight"].numpy()


@pytest.mark.usefixtures("strangers")
def test_a_run_learns_from_it_and_whoever_asks_is_told(train):
    folder, _ = train(*TWO_FOLDS, OBJECTIVE, UNLABELLED.format(FOLDER))
    listed = [u.id for u in manifest.read(folder / layout.UNLABELLED)]
    assert listed == [f"strangers/deep/{n}" for n in range(6)]
    alone, _ = train(*TWO_FOLDS, "name=alone", OBJECTIVE)
    one, other = (weights(study / "fold0-seed0") for study in (folder, alone))
    assert not np.array_equal(one, other)
    study = read_study(folder)
    known = {utterance.id: utterance for utterance in study.utterances}
    heard = teachers.what_is_known(folder, 0, study.protocol, known)
    assert "unlabelled: strangers/deep/0" in {u.id for u in heard.train}
    assert [corpus["name"] for corpus in sources.corpora(study)] == ["synthetic", "folder"]


def test_speech_of_whom_a_run_is_measured_on_is_refused(train):
    with pytest.raises(LeakError, match="unlabelled: .* share speaker synthetic/s00.*other speech"):
        train(
            *TWO_FOLDS, OBJECTIVE, UNLABELLED.format("{name: synthetic, speakers: 3, sentences: 2}")
        )


def test_what_a_teacher_is_sure_of_comes_first_where_it_teaches(begin):
    objectives = "[{name: curriculum, by: teacher}, {name: supervised_contrastive}]"
    lesson = (
        f"{{name: distill, teacher: teacher, crops: 1, training: {{objectives: {objectives}}}}}"
    )
    begin(("name=teacher", "training.epochs=1"), (f"compress=[{lesson}]",))
    made = Path("runs/tiny/1-distill/fold0-seed0")
    chosen = runs.read_config(made).training.objectives
    assert [each.name for each in chosen] == ["curriculum", "supervised_contrastive"]
    soft = soft_labels.read(made.parent / "soft/fold0.safetensors")
    study = read_study(made.parent)
    truth = {u.id: runs.read_run(made).labels.index(u.emotion) for u in study.utterances}
    doubt = [
        1 - float(p[truth[name]]) for name, p in zip(soft.ids, soft.probabilities, strict=True)
    ]
    cfg = SimpleNamespace(distill=SimpleNamespace(soft=made.parent / "soft/fold0.safetensors"))
    task = SimpleNamespace(
        config=cfg, utterances=study.utterances, split=study.protocol.splits[0],
        targets=[truth[u.id] for u in study.utterances],
    )  # fmt: skip
    assert curriculum.difficulty(task, curriculum.Config(by="teacher")) == pytest.approx(doubt)


def test_a_step_names_no_speech_that_the_study_did_not_list(begin):
    training = f"training: {{objectives: [semi_supervised], unlabelled: [{FOLDER}]}}"
    with pytest.raises(CorpusError, match=r"unlabelled\.csv is not there: .* in the training of"):
        begin(("name=teacher",), (f"compress=[{{name: distill, teacher: teacher, {training}}}]",))


def test_speech_that_nothing_learns_from_is_refused(train):
    with pytest.raises(ConfigError, match=r"add one that needs no labels, objectives: \[semi_"):
        train(UNLABELLED.format(FOLDER))


def test_without_a_teacher_nobody_is_sure(train):
    with pytest.raises(ConfigError, match="by=teacher needs a teacher; write it into the training"):
        train("training.objectives=[{name: curriculum, by: teacher}]")
