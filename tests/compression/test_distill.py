import dataclasses
import shutil
from pathlib import Path

import pytest
import torch

from lightspeech.compression import distill
from lightspeech.corpora import manifest
from lightspeech.errors import ConfigError, CorpusError, LeakError, StudyError
from lightspeech.inference import recognizer
from lightspeech.protocols import leaks
from lightspeech.studies import sources
from lightspeech.studies.study import read_study
from lightspeech.training import run as runs
from lightspeech.training import soft_labels, teachers
from lightspeech.training.task import Task
from lightspeech.workflows.export import export

TEACHER = ("name=teacher", "model={name: micro, channels: [8, 8]}", "windows.window_s=0.5",
           "frontend={n_mels: 20}", "seeds=[0, 1]")  # fmt: skip
STEP = "compress=[{{name: distill, teacher: {teacher}, crops: 2, features: 0.5, relations: 0.5}}]"


@pytest.fixture
def taught(begin):
    """A student of a teacher with another network, front end and window."""
    begin(TEACHER, (STEP.format(teacher="teacher"),))
    return Path("runs/tiny/1-distill")


def test_a_student_is_a_run_like_any_other_and_says_who_taught_it(taught):
    for fold in range(3):
        done = runs.read_run(taught / f"fold{fold}-seed0")
        assert done.config.model.name == "nano"
        assert done.config.distill.soft == taught / f"soft/fold{fold}.safetensors"
        assert done.config.distill.weight == 0.7


def test_the_teachers_word_changes_the_student(taught):
    plain = runs.read_run(taught.parent / "fold0-seed0").network.state_dict()
    student = runs.read_run(taught / "fold0-seed0").network.state_dict()
    assert not torch.equal(plain["head.1.weight"], student["head.1.weight"])


def test_soft_labels_are_of_the_training_part_alone(taught):
    speakers = {u.id: u.speaker for u in manifest.read(taught.parent / "manifest.csv")}
    for fold in range(3):
        found = soft_labels.read(taught / f"soft/fold{fold}.safetensors")
        measured = {s for s in speakers.values() if s not in {speakers[i] for i in found.ids}}
        assert len(measured) == 2
        assert not measured & {utterance.speaker for utterance in found.heard.train}
        assert found.seeds == (0, 1)


def test_an_answer_is_the_mean_of_its_crops(taught):
    """Each epoch of the teacher's own batches is a crop; their order plays no part."""
    task = task_of(taught)
    teacher = runs.read_run(taught.parents[1] / "teacher/fold0-seed0")
    one = [distill.answer(teacher, task, crops)[0] for crops in (1, 2)]
    torch.testing.assert_close(one[0].sum(1), torch.ones(len(one[0])))
    assert not torch.allclose(one[0], one[1])
    found = soft_labels.read(taught / "soft/fold0.safetensors").probabilities
    second = runs.read_run(taught.parents[1] / "teacher/fold0-seed1")
    torch.testing.assert_close(found, (one[1] + distill.answer(second, task, 2)[0]) / 2)


def task_of(folder):
    """The task of fold 0 of a step, as a recipe would make it."""
    study = read_study(folder)
    utterances, protocol = tuple(study.utterances), study.protocol
    done = runs.read_run(folder.parent / "fold0-seed0")
    return Task(
        config=done.config, folder=folder / "fold0-seed0", cache=folder.parents[2] / "cache",
        utterances=utterances, labels=done.labels, split=protocol.splits[0], fold=0, seed=0,
        targets=torch.tensor([done.labels.index(u.emotion) for u in utterances]).numpy(),
    )  # fmt: skip


def test_a_killed_student_goes_on_and_the_teacher_is_not_asked_twice(train, taught):
    before = (taught / "fold1-seed0/weights.safetensors").read_bytes()
    shutil.rmtree(taught / "fold1-seed0")
    shutil.rmtree(taught.parents[1] / "teacher")
    _, compress = train(STEP.format(teacher="teacher"))
    compress()
    assert (taught / "fold1-seed0/weights.safetensors").read_bytes() == before


def test_answers_of_a_teacher_that_was_trained_again_are_refused(train, taught):
    teacher = taught.parents[1] / "teacher"
    shutil.copy(teacher / "fold0-seed1/weights.safetensors", teacher / "fold0-seed0")
    _, compress = train(STEP.format(teacher="teacher"))
    with pytest.raises(
        StudyError, match=r"teacher/fold0-seed0 was trained again.*delete runs/tiny"
    ):
        compress()


def test_a_teacher_that_is_gone_need_not_be_asked(train, taught):
    shutil.rmtree(taught.parents[1] / "teacher")
    _, compress = train(STEP.format(teacher="teacher"))
    compress()


def test_soft_labels_of_one_student_serve_another(train, taught):
    _, compress = train(
        "name=other", "model.channels=[8, 8]", STEP.format(teacher="tiny/1-distill/soft")
    )
    (folder,) = compress()
    assert not (folder / "soft").exists()
    done = runs.read_run(folder / "fold0-seed0")
    assert done.config.distill.soft == taught / "soft/fold0.safetensors"


def test_a_student_may_teach_in_its_turn_and_hands_on_what_its_teacher_knows(train, taught):
    _, compress = train("name=other", STEP.format(teacher="tiny/1-distill"))
    (folder,) = compress()
    found = soft_labels.read(folder / "soft/fold0.safetensors")
    assert found.heard.study == "tiny/1-distill (fold 0)"
    first = soft_labels.read(taught / "soft/fold0.safetensors")
    assert {u.id for u in first.heard.train} <= {u.id for u in found.heard.train}


def test_a_student_may_go_on_from_the_run_before(train):
    train(*TEACHER)
    step = STEP.format(teacher="teacher").replace("features", "init: run, features")
    _, compress = train("training.learning_rate=1e-12", "training.average=0.0", step)
    (folder,) = compress()
    plain, student = (
        runs.read_run(place / "fold0-seed0").network.state_dict()["head.1.weight"]
        for place in (folder.parent, folder)
    )
    torch.testing.assert_close(plain, student)


def test_an_int8_teacher_teaches_by_its_answers_alone(train, begin):
    pytest.importorskip("torchao", reason="needs the extra 'compress'")
    everyone = "protocol={name: everyone}"
    begin((*TEACHER, everyone, "compress=[{name: quantize, qat_epochs: 0}]"))
    step = "compress=[{name: distill, teacher: teacher/1-quantize, crops: 2}]"
    (folder,) = train(step, everyone)[1]()
    soft = soft_labels.read(folder / "soft/fold0.safetensors")
    assert (soft.seeds, soft.embeddings.shape) == ((0, 1), (len(soft.ids), 0))
    torch.testing.assert_close(soft.probabilities.sum(1), torch.ones(len(soft.ids)))
    wanting = step.replace("crops", "features: 0.5, crops")
    with pytest.raises(ConfigError, match="shows no embedding; .*set distill.features"):
        train("name=other", everyone, wanting)[1]()
    given = wanting.replace("teacher/1-quantize", "tiny/1-distill/soft")
    with pytest.raises(ConfigError, match="was not asked for the embeddings .*delete .*soft and"):
        train("name=another", everyone, given)[1]()


LIVE = "compress=[{name: distill, teacher: teacher, crops: 1, live: true, training: {epochs: 2}}]"


def test_a_live_teacher_teaches_other_than_one_that_answered_beforehand(train):
    train(*(change for change in TEACHER if "frontend" not in change))
    (live,) = train(LIVE)[1]()
    (stored,) = train("name=other", LIVE.replace("true", "false"))[1]()
    done, other = (runs.read_run(folder / "fold0-seed0") for folder in (live, stored))
    assert (done.config.distill.live, other.config.distill.live) == (True, False)
    one, another = done.network.state_dict(), other.network.state_dict()
    assert not torch.equal(one["head.1.weight"], another["head.1.weight"])
    found, heard = (
        soft_labels.read(folder / "soft/fold0.safetensors") for folder in (live, stored)
    )
    assert found.heard == heard.heard  # what a teacher knows is checked alike


def test_soft_labels_that_name_no_run_have_no_live_teacher(train, taught):
    for stored in taught.glob("soft/*.safetensors"):
        unnamed = dataclasses.replace(soft_labels.read(stored), answered={})
        soft_labels.write(unnamed, Path("runs/unnamed") / stored.name)
    _, compress = train("name=other", LIVE.replace("teacher: teacher", "teacher: unnamed"))
    with pytest.raises(ConfigError, match="do not say which runs answered; name the teacher's"):
        compress()


def test_a_live_teacher_with_another_front_end_is_refused(train):
    train(*TEACHER)
    _, compress = train(LIVE)
    with pytest.raises(ConfigError, match="hears other features than its student.*leave distill"):
        compress()


def test_training_of_the_step_differs_where_it_says_so(train):
    train(*TEACHER)
    step = STEP.format(teacher="teacher").replace("crops", "training: {epochs: 2}, crops")
    _, compress = train(step)
    training = runs.read_run(compress()[0] / "fold0-seed0").config.training
    assert (training.epochs, training.batch_size) == (2, 4)


def test_a_teacher_that_knows_the_test_speakers_is_refused_with_speaker_and_study(train):
    train("name=teacher", "protocol={name: random-leaky, folds: 3}")
    folder, compress = train(STEP.format(teacher="teacher"))
    with pytest.raises(LeakError, match=r"teacher \(fold 0\) knows speaker synthetic/s00\d"):
        compress()
    assert not list(folder.glob("1-distill/fold*"))


def test_a_teachers_own_teacher_counts(train, taught):
    """The second teacher heard nobody itself: what it knows, it has from the first."""
    study = read_study(taught)
    protocol, utterances = study.protocol, {u.id: u for u in study.utterances}
    mute = dataclasses.replace(protocol.splits[0], train=(), selection=())
    protocol = dataclasses.replace(protocol, splits=(mute,))
    heard = teachers.what_is_known(taught, 0, protocol, utterances)
    own = soft_labels.read(taught / "soft/fold0.safetensors").heard
    assert {u.speaker for u in heard.train} == {u.speaker for u in own.train} != set()
    other = dataclasses.replace(task_of(taught).split, test=tuple(u.id for u in own.train))
    with pytest.raises(LeakError, match="1-distill"):
        leaks.check_teacher(heard, list(utterances.values()), other)


def test_another_fold_of_the_teacher_is_asked_where_its_own_number_knows_too_much(train, taught):
    task = task_of(taught)
    protocol = read_study(taught).protocol
    turned = dataclasses.replace(task, split=protocol.splits[1])
    assert teachers.choose_fold(taught.parents[1] / "teacher", turned)[0] == 1


def test_stored_soft_labels_are_checked_against_every_student(train, taught):
    """As where a file is copied from a fold that may not teach this one."""
    for fold in (0, 1):
        to = taught.parents[1] / f"stored/fold{1 - fold}.safetensors"
        to.parent.mkdir(exist_ok=True)
        shutil.copy(taught / f"soft/fold{fold}.safetensors", to)
    shutil.copy(taught / "soft/fold2.safetensors", to.parent)
    _, compress = train("name=other", STEP.format(teacher=to.parent))
    with pytest.raises(CorpusError, match="of another corpus or fold"):
        compress()


def test_a_teacher_with_other_labels_is_refused(train):
    folder, _ = train(*TEACHER)
    for run in folder.glob("*/run.json"):
        run.write_text(run.read_text().replace('"angry"', '"furious"'))
    _, compress = train(STEP.format(teacher="teacher"))
    with pytest.raises(ConfigError, match="the teacher teacher .* tells .* apart, its student"):
        compress()


def test_soft_labels_of_another_corpus_are_refused(train, taught):
    _, compress = train(
        "name=other", "corpus={name: synthetic, speakers: 3, sentences: 2}",
        STEP.format(teacher=taught / "soft"),
    )  # fmt: skip
    with pytest.raises(CorpusError, match="lack .* training utterances.*of another corpus or fold"):
        compress()


@pytest.mark.parametrize(
    ("change", "fault"),
    [("teacher: nobody", "no runs in nobody or runs/nobody"),
     ("teacher: teacher, seeds: [0, 7]", r"found .*'fold0-seed1'.*, wanted seeds \(0, 7\)")],
)  # fmt: skip
def test_a_teacher_that_is_not_there_is_refused(train, change, fault):
    train(*TEACHER)
    _, compress = train(STEP.format(teacher="teacher").replace("teacher: teacher", change))
    with pytest.raises(CorpusError, match=fault):
        compress()


def test_of_a_teacher_no_more_seeds_need_be_finished_than_are_asked(train):
    train(*TEACHER)
    Path("runs/teacher/fold1-seed1/test.csv").unlink()  # what a run writes last
    teachers.require(Path("teacher"), Path("runs"), (0,))
    with pytest.raises(CorpusError, match="fold1-seed1 is not finished"):
        teachers.require(Path("teacher"), Path("runs"))


@pytest.fixture
def fine_tuned(make_whisper, begin, monkeypatch):
    """A student of bands whose teacher is an encoder with adapters."""
    pytest.importorskip("peft", reason="needs the extra 'finetune'")
    source = make_whisper(2)
    teacher = (
        "name=tuned", f"frontend={{source: {source}}}", "windows={window_s: 0.5, hop_s: 0.5}",
        "model={name: wav2vec2, lora: 2, hidden: [8], mix: true}", "training.accumulate=2",
    )  # fmt: skip
    begin(teacher, ("compress=[{name: distill, teacher: tuned}]",))
    return Path(source).name


def test_a_fine_tuned_encoder_teaches_like_any_other_and_its_bundle_answers(fine_tuned, capsys):
    student = Path("runs/tiny/1-distill")
    for fold in range(3):
        heard = soft_labels.read(student / f"soft/fold{fold}.safetensors").heard
        test = runs.read_run(student / f"fold{fold}-seed0").fold
        split = read_study(student).protocol.splits[test]
        speakers = {u.speaker for u in read_study(student).utterances if u.id in split.test}
        assert not speakers & {utterance.speaker for utterance in heard.train}
    assert [each["name"] for each in sources.encoders(read_study(student))] == [fine_tuned]
    with pytest.raises(ConfigError, match="wav2vec2 is given waveform"):
        export(Path("runs/tuned/fold0-seed0"), format="c99", bundles=Path("bundles"), name=None)
    for format in ("onnx-dynamic", "onnx-fp16"):
        made = export(
            Path("runs/tuned/fold0-seed0"), format=format, bundles=Path("bundles"), name=None
        )
        answer = recognizer.load(made.path)(read_study(student).utterances[0].path)
        assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-3)


def test_a_teacher_of_words_that_tells_other_classes_is_refused(train, make_bert):
    said = "corpus={name: synthetic_text, speakers: 3, sentences: 1}"
    words = f"frontend={{name: text, source: {make_bert(1)}}}"
    train("name=words", said, words, "model={name: bert}", "training.mixup=0", "map={sad: ''}")
    _, compress = train(said, "compress=[{name: distill, teacher: words, crops: 1}]")
    with pytest.raises(ConfigError, match="teacher words .* tells .* apart, its student"):
        compress()
