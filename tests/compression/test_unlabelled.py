import shutil

import pytest
import torch

from lightspeech.corpora import manifest
from lightspeech.errors import CorpusError, LeakError
from lightspeech.studies.study import read_study
from lightspeech.training import run as runs
from lightspeech.training import soft_labels, teachers, unlabelled
from lightspeech.workflows import bundling

TEACHER = ("name=teacher", "model={name: micro, channels: [8, 8]}", "windows.window_s=0.5",
           "frontend={n_mels: 20}")  # fmt: skip
TWO_FOLDS = ("corpus.speakers=4", "protocol.folds=2")
DISTILL = """{{name: distill, teacher: teacher, crops: 1, features: 0.5, relations: 0.5,
 unlabelled: [{}]}}"""
LATER = ", {name: prune, rounds: 1, epochs: 1, batches: 2}, {name: quantize, qat_epochs: 1}"
FOLDER = "{name: folder, root: strangers, labelled: false}"


@pytest.fixture
def student(train, here, write_tone):
    """Six tones of nobody, a teacher, and the plain runs of a student with its steps to go."""
    for n in range(6):
        write_tone(here / f"strangers/deep/{n}.wav", seconds=0.6, hertz=200 + 90 * n)

    def make(unlabelled=FOLDER, *, later="", name="tiny"):
        train(*TEACHER, *TWO_FOLDS)
        steps = DISTILL.format(unlabelled).replace("\n", "")
        return train(f"name={name}", *TWO_FOLDS, f"compress=[{steps}{later}]")

    return make


def test_a_student_learns_from_speech_that_nobody_labelled(student):
    folder, compress = student()
    (made,) = compress()
    assert runs.read_config(made / "fold0-seed0").distill.unlabelled == made / "unlabelled.csv"
    soft = soft_labels.read(made / "soft/fold0.safetensors")
    extra = [name for name in soft.ids if name.startswith("unlabelled: ")]
    assert extra == [f"unlabelled: strangers/deep/{n}" for n in range(6)]
    torch.testing.assert_close(soft.probabilities.sum(1), torch.ones(len(soft.ids)))
    _, compress = student("", name="other")
    (without,) = compress()
    one, other = (runs.read_run(place / "fold0-seed0").network for place in (made, without))
    assert not torch.equal(one.state_dict()["head.1.weight"], other.state_dict()["head.1.weight"])


def test_whoever_learns_from_the_student_knows_that_speech_too(student):
    (made,) = student()[1]()
    study = read_study(made)
    known = {utterance.id: utterance for utterance in study.utterances}
    heard = teachers.what_is_known(made, 0, study.protocol, known)
    assert "unlabelled: strangers/deep/0" in {u.id for u in heard.train}


def test_later_steps_go_on_with_it_resume_and_their_bundles_name_whose_it_is(
    student, here, monkeypatch
):
    widened, add = {}, unlabelled.add

    def told(task):
        step = "plain" if task.step is None else task.step.name
        widened[step] = add(task)
        return widened[step]

    monkeypatch.setattr(unlabelled, "add", told)
    folder, compress = student(later=LATER)
    made = compress()
    assert [*widened] == ["plain", "distill", "prune", "quantize"]
    assert -1 not in widened.pop("plain").targets
    for task in widened.values():
        assert set(task.split.train) >= {f"unlabelled: strangers/deep/{n}" for n in range(6)}
        assert task.targets[-7:].tolist().count(-1) == 6
    for step in made:
        done = runs.read_run(step / "fold0-seed0")
        assert done.config.distill.unlabelled == folder / "1-distill/unlabelled.csv"
        said = bundling.describe(read_study(step), done, step / "bundle").corpora
        assert [corpus["name"] for corpus in said] == ["synthetic", "folder"]
        assert all(corpus["licence"] for corpus in said)
    files = [step / "fold1-seed0/weights.safetensors" for step in made]
    before = [file.read_bytes() for file in files]
    for file in files:
        shutil.rmtree(file.parent)
    compress()
    assert [file.read_bytes() for file in files] == before
    shutil.rmtree(here / "strangers")
    shutil.rmtree(files[1].parent)
    with pytest.raises(CorpusError, match="6 of 6 recordings are not there.*put them back"):
        compress()


@pytest.mark.parametrize(
    ("change", "kind"),
    [("{name: synthetic, speakers: 3, sentences: 2}", "speaker synthetic/s00"),
     ("{name: folder, root: copies, labelled: false}", "audio [0-9a-f]{64}")],
)  # fmt: skip
def test_speech_of_whom_a_student_is_measured_on_is_refused(student, here, change, kind):
    folder, compress = student(change)
    for found in manifest.read(folder / "manifest.csv")[:3]:
        (here / "copies").mkdir(exist_ok=True)
        shutil.copy(found.path, here / "copies")
    with pytest.raises(LeakError, match=f"unlabelled: .* share {kind}.*take other speech"):
        compress()
    assert not list(folder.glob("1-distill/fold*"))


def test_two_corpora_with_one_name_for_two_recordings_are_refused(student):
    _, compress = student(f"{FOLDER}, {FOLDER}")
    with pytest.raises(CorpusError, match="id 'strangers/deep/0' is in lines 2 and 8"):
        compress()


def test_several_teachers_are_averaged_and_all_they_know_counts(train, here):
    train(*TEACHER)
    train(*TEACHER, "name=second", "seeds=[3]")
    step = "{{name: distill, teacher: {}, crops: 1}}"
    one, other, both = (
        train(f"name={name}", f"compress=[{step.format(teacher)}]")[1]()[0]
        for name, teacher in (("a", "teacher"), ("b", "second"), ("c", "[teacher, second]"))
    )
    first, second, mean = (
        soft_labels.read(made / "soft/fold0.safetensors") for made in (one, other, both)
    )
    torch.testing.assert_close(mean.probabilities, (first.probabilities + second.probabilities) / 2)
    assert mean.seeds == (0, 3)
    assert mean.heard.study == "teacher (fold 0) + second (fold 0)"
    assert len(mean.heard.train) == len(first.heard.train) + len(second.heard.train)
