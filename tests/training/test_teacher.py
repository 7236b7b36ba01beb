"""A whole study of a teacher, over a random encoder of two blocks."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from lightspeech import bundle
from lightspeech.audio import nobody
from lightspeech.audio.windows import Windows
from lightspeech.cli import app
from lightspeech.config import choice_of
from lightspeech.errors import ConfigError
from lightspeech.frontends import pretrained
from lightspeech.frontends.encoder import Config
from lightspeech.inference import dispatch
from lightspeech.models import whisper_lda
from lightspeech.progress import no_progress
from lightspeech.studies import execution, folders, material, recipe, stages, tasks
from lightspeech.studies.study import read_study
from lightspeech.training import answers, fitting, inputs, networks
from lightspeech.training import run as runs
from lightspeech.workflows import bundling, publish

RECIPE = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: whisper, width: 8, heads: 2}
frontend: {name: encoder, source: SOURCE, width: 16, first: 0, last: 1}
training: {epochs: 8, batch_size: 4, learning_rate: 0.01, mixup: 0.0}
"""


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory):
    transformers = pytest.importorskip("transformers", reason="needs the extra 'teacher'")
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("random-whisper")
    cfg = transformers.WhisperConfig(
        d_model=16, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=24,
        decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=24, vocab_size=20,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1,
    )  # fmt: skip
    transformers.WhisperForConditionalGeneration(cfg).save_pretrained(folder)
    transformers.WhisperFeatureExtractor().save_pretrained(folder)
    return folder


def train(root, encoder_folder, *asked):
    """Train a study below a folder, its cache and its recipe too; give its folder and places."""
    (root / "tiny.yaml").write_text(RECIPE.replace("SOURCE", str(encoder_folder)))
    chosen = recipe.read(root / "tiny.yaml", asked)
    places = folders.Places(runs=root / "runs", bundles=root / "bundles", cache=root / "cache")
    folder = folders.begin(chosen, places, resume=False, fresh=False)
    prepared = material.prepare(chosen, folder, progress=no_progress)
    threads = torch.get_num_threads()
    stages.train(chosen, prepared, folder, places, no_progress, processes=1)
    torch.set_num_threads(threads)
    return folder, places


def first_task(trained, cache):
    """What made the first run of a study, with features in a folder."""
    cut = (trained.recipe.run_config(), trained.utterances, trained.protocol)
    vocabulary, seeds = trained.recipe.labels, trained.recipe.seeds
    made = tasks.of_study(
        *cut, vocabulary=vocabulary, seeds=seeds, folder=trained.folder, cache=cache
    )
    return next(iter(made))


@pytest.fixture(scope="module")
def study(encoder_folder, tmp_path_factory):
    """A trained study."""
    folder, places = train(tmp_path_factory.mktemp("teacher"), encoder_folder)
    return read_study(folder), places


def test_it_is_trained_and_measured_and_says_that_it_has_no_bundle(study):
    trained, places = study
    figures, exported = publish.export(trained, "fold0-seed0", places)
    assert exported is None
    assert not places.bundles.exists()
    done = runs.read_run(trained.folder / "fold0-seed0")
    heard = figures.n_params - networks.n_params(done.network)
    assert heard > 10 * networks.n_params(done.network)
    assert figures.size_bytes == 2 * heard + 4 * networks.n_params(done.network)
    assert bundling.why_no_bundle(done.config) == (
        "whisper is given encoder, which no bundle of a run holds; lightspeech export RUN "
        "--format onnx, or make its encoder small with `lightspeech shrink` and train on that with "
        "frontend.name=small_encoder"
    )


def test_several_processes_hear_to_the_bit_what_one_hears(study, tmp_path):
    trained, places = study
    task = first_task(trained, tmp_path)
    told = []
    execution.compute_features(task, processes=2, progress=lambda *progress: told.append(progress))
    files = sorted(path.relative_to(places.cache) for path in places.cache.rglob("*.npy"))
    assert files == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.npy"))
    assert all((places.cache / f).read_bytes() == (tmp_path / f).read_bytes() for f in files)
    n = len(task.utterances)
    assert [done for _, done, _ in told[-n:]] == [*range(1, n + 1)]
    assert told[-n - 1] == ("features", n, n)
    assert len(told) > n + 2  # in parts, before


@pytest.mark.parametrize("bends", ["{}", "{room: 0.3, excerpt: 0.3}"])
def test_discriminants_are_fitted_to_what_the_head_learnt_from(encoder_folder, tmp_path, bends):
    asked = ("model.name=whisper_lda", f"augment.bends={bends}", "training.epochs=2")
    folder, places = train(tmp_path, encoder_folder, *asked)
    task = first_task(read_study(folder), places.cache)
    network = runs.read_run(folder / "fold0-seed0").network
    parts = inputs.open_parts(task)
    if task.config.augment.bends:
        further = range(2, 2 + fitting.SETTLING)
        batches = inputs.training_batches(task, parts)
        heard = [batch for number in further for batch in batches.epoch(number)]
        x = torch.cat([whisper_lda.statistics(network.standardize(b.features)) for b in heard])
        targets = torch.cat([b.targets for b in heard])
    else:
        states = [parts.inputs.read(row)[None].float() for row in parts.train]
        x = torch.cat([whisper_lda.statistics(network.standardize(each)) for each in states])
        targets = torch.from_numpy(task.targets[parts.train])
    weight, _ = whisper_lda.discriminants(x, targets, len(task.labels), network.shrinkage)
    found = network.discriminants.weight
    torch.testing.assert_close(found / found.norm(), weight / weight.norm(), atol=1e-3, rtol=1e-2)


def test_a_head_that_doubts_hears_nearly_all_it_learnt_from(encoder_folder, tmp_path):
    asked = ("model.name=base_lda", "model.voice=true", "training.epochs=1")
    folder, places = train(tmp_path, encoder_folder, *asked)
    task = first_task(read_study(folder), places.cache)
    network, parts = runs.read_run(folder / "fold0-seed0").network, inputs.open_parts(task)
    assert network.voice.weight.any()
    states = [parts.inputs.read(row)[None].float() for row in parts.train]
    doubted = [bool((network(each) == 0).all()) for each in states]
    assert np.mean(doubted) <= 0.25  # one of four, by rounding
    rng = np.random.default_rng(9)
    tones = [task.config.front.hear(nobody.made("tone", rng)) for _ in range(10)]
    assert np.mean([bool((network(tone) == 0).all()) for tone in tones]) > 0.8


def test_the_loss_falls(study):
    trained, _ = study
    lines = (trained.folder / "fold0-seed0/history.jsonl").read_text().splitlines()
    losses = [json.loads(line)["loss"] for line in lines]
    assert losses[-1] < losses[0]


def test_a_run_is_read_without_its_encoder(study, monkeypatch):
    trained, _ = study
    monkeypatch.setattr("lightspeech.frontends.pretrained.load", None)
    done = runs.read_run(trained.folder / "fold0-seed0")
    assert done.network(torch.randn(2, 5, 2 * 16)).shape == (2, len(done.labels))


def test_run_ends_with_figures_and_export_says_why_there_is_no_bundle(study, monkeypatch):
    trained, places = study
    monkeypatch.chdir(places.runs.parent)
    ended = CliRunner().invoke(app, ["run", "tiny.yaml", "--resume"])
    assert ended.exit_code == 0, ended.output
    assert "UAR" in ended.stdout
    assert "bundle  none: whisper is given encoder, which no bundle of a run holds" in ended.stdout
    refused = CliRunner().invoke(app, ["export", "runs/tiny/fold0-seed0", "--format", "c99"])
    assert isinstance(refused.exception, ConfigError)
    assert "which c99 does not hold; export it with --format onnx" in str(refused.exception)


@pytest.mark.usefixtures("one_thread")
def test_a_bundle_that_is_asked_for_holds_the_encoder_and_answers_as_the_run(study):
    trained, places = study
    made = publish.export_as(trained, "fold0-seed0", places, "onnx")
    done = runs.read_run(trained.folder / "fold0-seed0")
    assert bundle.read(made.path) == made
    assert (made.figures, made.frontend["name"]) == ({}, "encoder")  # it hears windows, not wholes
    waveform = np.random.default_rng(0).normal(0, 0.1, 48_000).astype(np.float32)
    features = torch.from_numpy(pretrained.load(done.config.frontend.config)(waveform)).float()
    with torch.no_grad():
        expected = torch.softmax(done.network(features[None]) / done.temperature, 1).numpy()
    predictor = dispatch.open(made)
    np.testing.assert_allclose(predictor.predict(waveform[None]), expected, atol=2e-3)
    assert predictor.predict(waveform[None, :20_000]).shape == expected.shape


def test_all_blocks_and_two_encoders_side_by_side_stand_in_one_graph(encoder_folder):
    one = Config(source=str(encoder_folder), width=16, first=1, last=2)
    both = dataclasses.replace(one, second=dataclasses.replace(one, first=0, last=1))
    front = choice_of("lightspeech.frontends", both).module.build(both, windows=Windows())
    waveform = np.random.default_rng(0).normal(0, 0.1, 31_000).astype(np.float32)
    with torch.no_grad():
        found = front.layer(any_length=True)(torch.from_numpy(waveform)[None])[0]
    expected = torch.from_numpy(front.encoder.listen(waveform)).float()
    assert found.shape[1] == front.n_features == 4 * 16
    torch.testing.assert_close(found, expected, atol=5e-3, rtol=5e-3)


@pytest.mark.parametrize(
    ("assignment", "fault"),
    [
        ("frontend.layers=3", "frontend.layers: no such key"),
        ("frontend.first=5", "first must be at most last, found 5 and 1"),
        ("encoder={source: x}", r"an encoder is a front end; write frontend: \{name: encoder"),
    ],
)
def test_what_cannot_be_is_refused_when_the_recipe_is_read(tmp_path, assignment, fault):
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    with pytest.raises(ConfigError, match=fault):
        recipe.read(tmp_path / "tiny.yaml", [assignment])


@pytest.fixture(scope="module")
def tuned(encoder_folder, tmp_path_factory):
    """A run of a study that trains the second block too."""
    asked = ["frontend.tuned=1", "frontend.pool_s=0.02", "training.epochs=3"]
    folder, _ = train(tmp_path_factory.mktemp("tuned"), encoder_folder, *asked)
    return runs.read_run(folder / "fold0-seed0")


def test_blocks_that_are_tuned_move_far_less_than_the_head(tuned):
    _, model, _ = pretrained.pretrained(tuned.config.frontend.config.source)
    began = dict(model.layers[1].named_parameters())
    moved = {
        name: (now - began[name]).abs().max().item()
        for name, now in tuned.network.pretrained[0].named_parameters()
    }
    steps = 3 * 0.01 * 0.1 * 100  # epochs, rate and share of it, fewer than a hundred steps each
    assert all(0 < far < steps for name, far in moved.items() if "k_proj" not in name), moved


def test_nothing_behind_a_shorter_utterance_is_heard_by_tuned_blocks_either(tuned):
    short = torch.randn(1, 20, 2 * 16)
    padded = torch.cat([short, torch.zeros(1, 13, 2 * 16)], 1)
    with torch.no_grad():
        torch.testing.assert_close(tuned.network(padded), tuned.network(short))


def test_what_a_tuned_teacher_says_of_a_whole_utterance_can_be_taught(tuned):
    features = torch.randn(2, 20, 2 * 16)
    logits, embedding = answers.with_embedding(tuned.network, tuned.network, features)
    assert (logits.shape, embedding.shape) == ((2, len(tuned.labels)), (2, 16))


def test_tuned_blocks_begin_as_the_encoder_has_them(encoder_folder):
    cfg = Config(source=str(encoder_folder), width=16, first=0, last=1, pool_s=0.02, tuned=1)
    torch.manual_seed(0)
    whole = pretrained.load(dataclasses.replace(cfg, last=2, tuned=0))
    states = torch.from_numpy(whole(np.random.default_rng(0).normal(0, 0.1, 16_000).astype("f4")))
    heard = states.float().unflatten(1, (3, 16))
    _, model, _ = pretrained.pretrained(cfg.source)
    [block] = pretrained.blocks_to_tune(cfg)
    with torch.no_grad():
        given = model.layer_norm(block(heard[None, :, 1], None))[0]
    torch.testing.assert_close(given, heard[:, 2], atol=2e-3, rtol=2e-2)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"pool_s": 0.08}, "write frontend.pool_s=0.02"),
        ({"second": Config(pool_s=0.02)}, "leave tuned and second.second out"),
    ],
)
def test_only_the_states_of_one_encoder_as_they_are_can_be_tuned_on(changes, told):
    with pytest.raises(ConfigError, match=told):
        Config(**{"pool_s": 0.02, "tuned": 1, **changes})


def test_more_blocks_than_there_are_cannot_be_tuned(encoder_folder):
    cfg = Config(source=str(encoder_folder), width=16, first=0, last=1, pool_s=0.02, tuned=2)
    with pytest.raises(ConfigError, match="has width 16 and 2 blocks"):
        pretrained.blocks_to_tune(cfg)
