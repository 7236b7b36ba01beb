import dataclasses
import json

import numpy as np
import pytest
import torch
from sklearn.metrics import recall_score

from lightspeech import bundle
from lightspeech.audio import io
from lightspeech.corpora import manifest
from lightspeech.errors import ConfigError, CorpusError, LeakError, LightspeechError, OutputError
from lightspeech.inference.backends import onnx
from lightspeech.inference.recognize import recognize
from lightspeech.progress import no_progress
from lightspeech.protocols import leaks
from lightspeech.studies import folders, material, recipe, stages
from lightspeech.studies.folders import Places
from lightspeech.studies.study import read_study
from lightspeech.training import predictions
from lightspeech.workflows import example, publish
from lightspeech.workflows.train import Job, train

TINY = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: nano}
windows: {window_s: 1.0, hop_s: 0.5}
training: {epochs: 12, batch_size: 4, average: 0.0, mixup: 0.0}
"""
TOLERANCE = 1e-4
"""Of probabilities: single precision, in another order of sums."""
MODELS = {
    "nano": ["model.channels=[16, 16]", "training.precision=bf16-mixed"],
    "light_sernet": [
        "model={name: light_sernet, paths: [8, 8, 8], body: [12, 8, 12, 16, 20]}",
        "windows={}", "training.batch_size=2", "training.learning_rate=0.02",
    ],
    "tinyml_lstm": ["model={name: tinyml_lstm}", "windows={window_s: 0.4, hop_s: 0.2}"],
}  # fmt: skip


def places_below(folder):
    return Places(runs=folder / "runs", bundles=folder / "bundles", cache=folder / "cache")


def run(folder, assignments=(), text=TINY):
    """Do a study up to its bundle; everything lies below the folder."""
    (folder / "tiny.yaml").write_text(text)
    chosen = recipe.read(folder / "tiny.yaml", list(assignments))
    places = places_below(folder)
    study = folders.begin(chosen, places, resume=False, fresh=False)
    prepared = material.prepare(chosen, study, progress=no_progress)
    stages.train(chosen, prepared, study, places, no_progress, processes=1)
    trained = read_study(study)
    figures, exported = publish.export(trained, trained.run_names[0], places)
    return trained, figures, exported


@pytest.fixture(scope="module", params=MODELS)
def done(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    root = f"corpus.root={tmp_path_factory.getbasetemp() / 'synthetic'}"
    threads = torch.get_num_threads()
    yield run(folder, [root, *MODELS[request.param]])
    torch.set_num_threads(threads)


def test_bundle_answers_the_test_set_as_it_was_measured(done):
    """The code that measures is the code on the device: the figures are those of the bundle."""
    trained, _, exported = done
    predictor = onnx.open(bundle.read(exported.path))
    measured = predictions.read(trained.folder / trained.run_names[0] / "test.csv")
    paths = {u.id: u.path for u in trained.utterances}
    answers = [recognize(predictor, io.load(paths[i], exported.sample_rate)) for i in measured.ids]
    assert predictor.bundle.labels == measured.labels
    np.testing.assert_allclose(answers, measured.probabilities, atol=TOLERANCE)


def test_answers_differ_from_each_other(done):
    """So the comparison above compares something."""
    trained, _, _ = done
    measured = predictions.read(trained.folder / trained.run_names[0] / "test.csv")
    assert np.ptp(measured.probabilities, axis=0).max() > 20 * TOLERANCE


def test_figures_are_the_mean_over_folds_by_scikit_learn(done):
    trained, figures, exported = done
    runs = [predictions.read(path) for path in sorted(trained.folder.glob("*/test.csv"))]
    uars = [recall_score(r.truth, r.answers, average="macro", zero_division=0) for r in runs]
    written = json.loads((trained.folder / "results.json").read_text())
    assert len(uars) == written["folds"] == 3
    assert written["uar"]["mean"] == pytest.approx(np.mean(uars), abs=1e-4)
    assert figures.uar.mean == pytest.approx(np.mean(uars), abs=1e-4)
    assert exported.figures["uar"] == written["uar"]


def test_every_utterance_is_tested_once_a_seed(done):
    trained, _, _ = done
    tested = [predictions.read(path).ids for path in sorted(trained.folder.glob("*/test.csv"))]
    assert sorted(sum(tested, ())) == sorted(u.id for u in trained.utterances)


def test_bundle_says_who_was_never_heard_in_training(done):
    trained, _, exported = done
    split = trained.protocol.splits[exported.provenance["fold"]]
    speakers = {u.id: u.speaker for u in trained.utterances}
    assert {speakers[i] for i in split.test} == set(exported.provenance["test_speakers"])
    assert not {speakers[i] for i in split.train} & set(exported.provenance["test_speakers"])


def test_example_is_of_the_test_set(done):
    trained, _, exported = done
    answer = example.answer_example(trained, exported)
    assert answer.id in trained.protocol.splits[0].test
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-3)


def read(tmp_path, text=TINY, assignments=()):
    path = tmp_path / "tiny.yaml"
    path.write_text(text)
    return recipe.read(path, list(assignments))


@pytest.mark.parametrize(
    ("assignment", "fault"),
    [
        ("epochs=3", "epochs: no such key"),
        ("training.epocs=3", "training.epocs: no such key"),
        ("model.widht=3", "model.widht: no such key"),
        ("model.kernel=4", "kernels must be odd"),
        ("model.name=micor", r"unknown name 'micor' in models; choose one of .*'micro'"),
        ("corpus.name=ravdes", r"unknown name 'ravdes' in corpora; choose one of .*'ravdess'"),
        ("frontend.n_ftt=512", "frontend.n_ftt: no such key"),
        ("frontend.f_max=9000", "half the sample rate"),
        ("windows.hop=1", "windows: hop: no such key"),
        ("windows.window_s=0.05", "is 800 samples, fewer than frontend.n_fft=1024"),
        ("augment.speeds=[0.9]", "write augment.stretch and augment.semitones instead"),
        (
            'model.name=tinyml_lstm compress=["prune"]',
            "tinyml_lstm cannot be pruned",
        ),
        ('model.name=whisper compress=["prune"]', "whisper is given encoder and cannot be pruned"),
        ('model.name=whisper compress=["quantize"]', "whisper is given encoder, which has no int8"),
        ('compress=["quantize","prune"]', "prune after quantize cannot be.*put quantize last"),
        ("encoder.source=base", "an encoder is a front end; write frontend: {name: encoder"),
        ("frontend.name=mle", r"unknown name 'mle' in frontends; choose one of .*'mel'"),
        ("frontend.name=small_encoder frontend.n_mels=64", "n_mels: no such key"),
        ("augment.noise_probability=2", "augment.noise_probability: .* less than or equal to 1"),
        ("training.epochs=0", "training.epochs: .* greater than 0"),
        ("name=a/b", "name: expected a plain name, not a path"),
        ("name=..", "name: expected a plain name"),
        ("seeds=[1,1]", "seeds must be distinct"),
        ("seeds=[]", "seeds must be distinct, at least one"),
    ],
)
def test_what_cannot_be_is_refused_when_the_recipe_is_read(tmp_path, assignment, fault):
    with pytest.raises(ConfigError, match=fault):
        read(tmp_path, assignments=assignment.split())


def test_two_faults_in_one_yaml_are_both_named_with_their_paths(tmp_path):
    text = TINY.replace("epochs", "epocs").replace("{name: nano}", "{name: nano, kernel: wide}")
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert "training.epocs: no such key, did you mean epochs? (got 12)" in str(caught.value)
    assert "model.kernel: Input should be a valid integer" in str(caught.value)


def test_overrides_and_the_models_own_front_end_make_the_run(tmp_path):
    made = read(tmp_path, assignments=["model.name=tinyml_lstm", "frontend.n_mfcc=20"]).run_config()
    front = made.frontend.config
    assert (made.frontend.name, front.kind, front.n_fft, front.n_mfcc) == ("mel", "mfcc", 2048, 20)
    assert (made.windows.window_s, made.training.epochs) == (1.0, 12)


def test_a_front_end_of_another_name_begins_with_what_it_is_by_itself(tmp_path):
    small = ["model.name=base", "frontend.source=other"]
    made = read(tmp_path, assignments=small).run_config().frontend
    assert (made.name, made.config.source, made.config.width) == ("small_encoder", "other", 384)
    made = read(tmp_path, assignments=[*small, "frontend.name=encoder"]).run_config().frontend
    assert (made.name, made.config.source, made.config.width) == ("encoder", "other", 512)


@pytest.fixture
def places(tmp_path):
    return places_below(tmp_path)


def test_a_study_that_is_there_is_left_alone_without_a_flag(tmp_path, places):
    chosen = read(tmp_path)
    folder = folders.begin(chosen, places, resume=False, fresh=False)
    (folder / "precious").write_text("")
    with pytest.raises(OutputError, match="is there already; add --resume or --fresh"):
        folders.begin(chosen, places, resume=False, fresh=False)
    assert folders.begin(chosen, places, resume=True, fresh=False) == folder
    assert (folder / "precious").exists()
    folders.begin(chosen, places, resume=False, fresh=True)
    assert not (folder / "precious").exists()


def trained(folder):
    """Leave what a training would."""
    (folder / "fold0-seed0").mkdir(parents=True)
    return folder


def test_a_study_of_another_recipe_is_not_resumed(tmp_path, places):
    trained(folders.begin(read(tmp_path), places, resume=False, fresh=False))
    other = read(tmp_path, assignments=["training.epochs=3"])
    with pytest.raises(
        ConfigError, match="made by another recipe; change its name, or add --fresh"
    ):
        folders.begin(other, places, resume=True, fresh=False)


def test_seeds_may_be_added_to_a_study_and_not_taken_away(tmp_path, places):
    one, two = (read(tmp_path, assignments=[f"seeds={seeds}"]) for seeds in ([0], [0, 1]))
    folder = trained(folders.begin(one, places, resume=False, fresh=False))
    assert folders.begin(two, places, resume=True, fresh=False) == folder
    assert recipe.read(folder / "recipe.yaml", []).seeds == (0, 1)
    with pytest.raises(ConfigError, match="made by another recipe"):
        folders.begin(one, places, resume=True, fresh=False)


@pytest.mark.parametrize("resume", [False, True])
def test_a_start_that_failed_is_in_nobodys_way(tmp_path, places, resume):
    folder = folders.begin(read(tmp_path), places, resume=False, fresh=False)
    (folder / "manifest.csv").write_text("of another start")
    (folder / ".test.csv.x1y2").write_text("half a file")
    other = read(tmp_path, assignments=["training.epochs=3"])
    assert folders.begin(other, places, resume=resume, fresh=False) == folder
    assert [path.name for path in folder.iterdir()] == ["recipe.yaml"]


@pytest.mark.parametrize("fresh", [False, True])
def test_what_is_no_study_is_left_alone(tmp_path, places, fresh):
    folder = trained(tmp_path / "runs/tiny")
    with pytest.raises(OutputError, match=r"holds no recipe\.yaml, so it is no study"):
        folders.begin(read(tmp_path), places, resume=not fresh, fresh=fresh)
    assert (folder / "fold0-seed0").is_dir()


def test_a_file_in_the_place_of_a_study_is_told(tmp_path, places):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/tiny").write_text("")
    with pytest.raises(OutputError, match="tiny is no folder; move it away"):
        folders.begin(read(tmp_path), places, resume=False, fresh=True)


def test_a_fresh_study_behind_a_link_leaves_the_link(tmp_path, places):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/tiny").symlink_to(tmp_path / "scratch")
    folder = (
        trained(folders.begin(read(tmp_path), places, resume=False, fresh=False)).parent / "tiny"
    )
    folders.begin(read(tmp_path), places, resume=False, fresh=True)
    assert folder.is_symlink()
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == ["recipe.yaml"]


@pytest.mark.parametrize("change", ["corpus.sentences=0", "protocol.folds=99"])
def test_a_start_that_fails_costs_no_earlier_study(here, tiny, change):
    trained(folders.begin(recipe.read(tiny, []), folders.Places(), resume=False, fresh=False))
    with pytest.raises(LightspeechError):
        train(Job(recipe=tiny, overrides=[change], fresh=True), no_progress)
    assert (here / "runs/tiny/fold0-seed0").is_dir()


OWN = """
name: own
corpus: {name: csv}
protocol: {name: given}
model: {name: nano}
training: {epochs: 1}
"""


@pytest.fixture
def own_study(tmp_path, places, write_tone):
    """Prepare a recipe of six recordings in a table, of the speakers named."""

    def make(speakers):
        rows = ["path,label,speaker,split"]
        parts = ("train", "selection", "test") * 2
        for n, (speaker, part) in enumerate(zip(speakers, parts, strict=True)):
            write_tone(tmp_path / f"{n}.wav", hertz=200 + 50 * n)
            rows.append(f"{n}.wav,{('happy', 'sad')[n // 3]},{speaker},{part}")
        (tmp_path / "table.csv").write_text("\n".join(rows) + "\n")
        chosen = read(tmp_path, OWN, [f"corpus.root={tmp_path / 'table.csv'}"])
        folder = folders.begin(chosen, places, resume=False, fresh=False)
        return chosen, material.prepare(chosen, folder, progress=no_progress), folder

    return make


def test_a_leaking_split_is_refused_before_anything_is_trained(own_study, places):
    chosen, prepared, folder = own_study("abcdea")
    with pytest.raises(LeakError, match="speaker"):
        stages.train(chosen, prepared, folder, places, no_progress, processes=1)
    assert not list(folder.glob("fold*"))
    assert not places.cache.exists()


def test_the_same_split_without_the_leak_is_trained(own_study, places):
    chosen, prepared, folder = own_study("abcdef")
    stages.train(chosen, prepared, folder, places, no_progress, processes=1)
    assert (folder / "fold0-seed0/test.csv").exists()


def test_a_vocabulary_that_leaves_one_class_is_refused(own_study, tmp_path):
    chosen, _, folder = own_study("abcdef")
    table = tmp_path / "table.csv"
    table.write_text(table.read_text().replace("sad", "bored"))
    one_class = dataclasses.replace(chosen, labels="common4")
    with pytest.raises(CorpusError, match="1 of the classes of vocabulary 'common4' among 6"):
        material.prepare(one_class, folder, progress=no_progress)


def test_a_study_is_not_resumed_with_other_recordings(own_study, tmp_path, write_tone):
    chosen, prepared, folder = own_study("abcdef")
    again = material.prepare(chosen, folder, progress=no_progress)
    assert again.utterances == prepared.utterances
    write_tone(tmp_path / "3.wav", hertz=999)
    before = (folder / "manifest.csv").read_bytes()
    with pytest.raises(CorpusError, match=r"manifest\.csv lists other recordings.*add --fresh"):
        material.prepare(chosen, folder, progress=no_progress)
    assert (folder / "manifest.csv").read_bytes() == before


def test_an_unfinished_study_has_no_figures(own_study, places):
    _, _, folder = own_study("abcdef")
    with pytest.raises(CorpusError, match="fold0-seed0 is not finished; run it with --resume"):
        publish.export(read_study(folder), "fold0-seed0", places)


def test_prepared_manifest_is_what_was_trained_on(done):
    trained, _, _ = done
    rows = manifest.read(trained.folder / "manifest.csv")
    assert [u.id for u in rows] == [u.id for u in trained.utterances]
    assert not [leak for split in trained.protocol.splits for leak in leaks.find(rows, split)]
