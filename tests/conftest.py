import contextlib
import functools
import json
import multiprocessing
import os
import shutil
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import settings

from lightspeech import bundle, config
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.gate import Gate
from lightspeech.audio.windows import Windows
from lightspeech.bundle import Bundle
from lightspeech.evaluation.conditions import Conditions
from lightspeech.export import c99
from lightspeech.export.c99 import frontend
from lightspeech.files import write_json, write_text
from lightspeech.progress import no_progress
from lightspeech.training import predictions
from lightspeech.training.predictions import Predictions

settings.register_profile("untimed", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("untimed")

LABELS = ("angry", "happy", "sad")
STUDY = Conditions(
    corpus="toy", protocol="pair-folds", unit="speaker", selection="two other speakers",
    normalisation="training speakers", leaky=False, model="micro", scheme="fp32",
    n_params=49_512, size_bytes=201_432, recipe="toy_micro", labels=LABELS,
)  # fmt: skip

C_FRONT = MelConfig(n_fft=256, hop_length=160, n_mels=8, f_min=100.0)
C_WINDOWS = Windows(window_s=0.5, hop_s=0.25)
C_HEADER = """
#include <stdint.h>
#define LS_MODEL_INPUT_SIZE 392
#define LS_MODEL_OUTPUT_SIZE 3
#define LS_MODEL_THRESHOLDS {0.0f, 0.0f, 0.0f}
#define LS_MODEL_ARENA_SIZE 396
#define LS_MODEL_MACS 1176
#ifdef __cplusplus
extern "C" {
#endif
typedef struct { int32_t arena[LS_MODEL_ARENA_SIZE / 4]; } ls_model;
int8_t *ls_model_input(ls_model *model);
void ls_model_run(ls_model *model);
const int8_t *ls_model_output(const ls_model *model);
void ls_model_probabilities(const ls_model *model, float *probabilities);
const char *ls_model_label(int index);
#ifdef __cplusplus
}
#endif
"""
C_SOURCE = """
#include "ls_model.h"
static const int8_t weights[3] = {1, -2, 3};
int8_t *ls_model_input(ls_model *model) { return (int8_t *)model->arena; }
const int8_t *ls_model_output(const ls_model *model) {
    return (const int8_t *)model->arena + LS_MODEL_INPUT_SIZE;
}
void ls_model_run(ls_model *model) {
    int8_t *arena = ls_model_input(model);
    for (int i = 0; i < 3; i++) {
        int32_t sum = 0;
        for (int n = 0; n < LS_MODEL_INPUT_SIZE; n++) sum += arena[n] * weights[i];
        arena[LS_MODEL_INPUT_SIZE + i] = (int8_t)(sum / 1024);
    }
}
void ls_model_probabilities(const ls_model *model, float *probabilities) {
    for (int i = 0; i < 3; i++) probabilities[i] = (float)ls_model_output(model)[i] / 128.0f;
}
const char *ls_model_label(int index) { return index == 0 ? "low" : index == 1 ? "mid" : "loud"; }
"""

TORCH_USERS = (
    "lightspeech.studies.stages", "lightspeech.compression.distill",
    "lightspeech.compression.prune", "lightspeech.compression.quantize", "torch_pruning",
    "onnxscript.function_libs.torch_lib.ops", "onnxslim",
)  # fmt: skip

TINY = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: nano, channels: [12, 12]}
windows: {window_s: 1.0, hop_s: 0.5}
training: {epochs: 1, batch_size: 4}
"""


def pytest_runtest_setup():
    """Parse the functions that torch writes ONNX with once, not once an export: a third of it."""
    registration = sys.modules.get("torch.onnx._internal.exporter._registration")
    if registration:
        parse_once(registration.onnxscript_apis)


@functools.cache
def parse_once(onnxscript):
    onnxscript.get_torchlib_ops = functools.cache(onnxscript.get_torchlib_ops)


@pytest.fixture
def one_thread():
    """As a run is trained; and threads that wait for each other take minutes on a busy machine."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def data_root() -> Path:
    """Folder of real recordings; where there is none, the test is skipped and says so."""
    root = os.environ.get("LIGHTSPEECH_DATA")
    if not root:
        pytest.skip("needs real recordings: set LIGHTSPEECH_DATA to their folder")
    return Path(root)


@pytest.fixture
def make_study(tmp_path):
    """Write a study of two folds, four speakers and three seeds, as a training leaves it."""

    def make(**changes):
        folder = tmp_path / "runs" / "toy_micro"
        write_json(folder / "study.json", config.as_dict(replace(STUDY, **changes)))
        for seed in range(3):
            for fold in range(2):
                run = folder / f"fold{fold}-seed{seed}"
                predictions.write(answers(fold, seed), run / "test.csv")
                write_text(run / "history.jsonl", history(seed))
        return folder

    return make


def answers(fold, seed, n=30):
    """Answers of one run: right more often than not, the second speaker of a fold the worse."""
    rng = np.random.default_rng([fold, seed])
    truth = np.arange(n) % len(LABELS)
    speakers = tuple(f"toy/{2 * fold + (i >= n // 2)}" for i in range(n))
    skill = np.where(np.arange(n) < n // 2, 3.0, 1.0)
    scores = rng.normal(size=(n, len(LABELS))) + skill[:, None] * np.eye(len(LABELS))[truth]
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    return Predictions(
        labels=LABELS, ids=tuple(f"toy/{fold}-{i}" for i in range(n)), speakers=speakers,
        truth=truth, probabilities=probabilities.astype(np.float32), fold=fold, seed=seed,
    )  # fmt: skip


def history(seed):
    epochs = [
        {
            "epoch": epoch, "loss": 1.1 * 0.8**epoch, "learning_rate": 1e-3,
            "selection_uar": 0.7 - 0.4 * 0.7**epoch + 0.01 * seed, "seconds": 1.0,
        }
        for epoch in range(8)
    ]  # fmt: skip
    return "".join(json.dumps(epoch) + "\n" for epoch in epochs)


@pytest.fixture(scope="session")
def toy_model():
    """An exported model without a training: softmax of (−20, 0, 20) × mean |waveform|, as ONNX."""
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Abs", ["waveform"], ["size"]),
        helper.make_node("ReduceMean", ["size", "axis"], ["loudness"]),
        helper.make_node("MatMul", ["loudness", "weight"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"]),
    ]
    waveform = helper.make_tensor_value_info("waveform", TensorProto.FLOAT, ["batch", "samples"])
    answer = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 3])
    constants = [
        helper.make_tensor("axis", TensorProto.INT64, [1], [1]),
        helper.make_tensor("weight", TensorProto.FLOAT, [1, 3], [-20.0, 0.0, 20.0]),
    ]
    graph = helper.make_graph(nodes, "toy", [waveform], [answer], constants)
    opset = [helper.make_opsetid("", 18)]
    return helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString()


@pytest.fixture
def everybody_speaks():
    """To the gate all is speech: a toy that tells loudness is asked about plain numbers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Gate, "feed", lambda self, block: None)
        patch.setattr(Gate, "reaches", lambda self, seconds: True)
        patch.setattr(Gate, "speech", lambda self, start_s, end_s: 1.0)
        yield patch


@pytest.fixture
def make_bundle(tmp_path, toy_model, everybody_speaks):
    """Write a bundle of the toy model; it tells loudness, and is uncertain about silence."""

    def make(model=toy_model, **changes):
        values = {
            "path": tmp_path / "bundles" / "toy", "name": "toy", "labels": ("low", "mid", "loud"),
            "sample_rate": 16_000, "windows": Windows(window_s=1.0, hop_s=0.5), "frontend": {},
            "model": {"name": "toy", "config": {}, "n_params": 3}, **changes,
        }  # fmt: skip
        limits = {"thresholds": (0.5,) * len(values["labels"])}
        return bundle.write(Bundle(**{**limits, **values}), model)

    return make


@pytest.fixture
def write_tone():
    """Write a tone; another pitch is another recording to the ear and to the hash."""

    def write(path, *, seconds=0.1, rate=16_000, hertz=440.0):
        path.parent.mkdir(parents=True, exist_ok=True)
        time = np.arange(round(seconds * rate)) / rate
        # Rounded here, since WAV and FLAC writers round floats in two ways.
        tone = np.round(16_000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16)
        soundfile.write(path, tone, rate)
        return path

    return write


@pytest.fixture
def make_c_bundle(make_bundle):
    """Write a bundle of C: the real front end, and a network of three sums, perhaps changed."""

    def make(old="", new=""):
        zeros = np.zeros(C_FRONT.n_features, np.float32)
        files = frontend.sources(C_FRONT, C_WINDOWS, frontend.Input(zeros, zeros + 4, 0.05, 0))
        made = make_bundle(
            C_SOURCE.replace(old, new).encode(),
            model_file="ls_model.c",
            windows=C_WINDOWS,
            frontend=config.as_dict(C_FRONT),
            provenance={"scheme": "int8"},
        )
        for name, text in {**files, **c99.fixed(c99.LOOP), "ls_model.h": C_HEADER}.items():
            (made.path / name).write_text(text)
        return made

    return make


@pytest.fixture(scope="session")
def make_nano():
    """Make a run of `nano` that nobody trained, perhaps with the ranges of noise, in int8."""
    pytest.importorskip("torch", reason="runs need the extra 'train'")
    return functools.cache(nano)


def nano(*, integers):
    import torch

    from lightspeech.models import int8, int8_roundings
    from lightspeech.models import nano as model
    from lightspeech.models.building import to_int8
    from lightspeech.training.networks import build_network
    from lightspeech.training.run import Run
    from lightspeech.training.task import RunConfig

    cfg = RunConfig(
        model=config.Choice("lightspeech.models", "nano", model.Config(channels=(64, 80))),
        frontend=config.choice_of("lightspeech.frontends", MelConfig()),
        windows=Windows(window_s=1.0, hop_s=0.48),
    )
    torch.manual_seed(0)
    features = torch.randn(32, cfg.front.n_frames, 64) * 2 - 5
    network = build_network(cfg, len(LABELS))
    network(features)
    network = network.eval()
    if integers:
        network = to_int8(network, cfg.front, int8.Int8())
        int8_roundings.take_ranges(network, [features])
        cfg = replace(cfg, quantize=int8.Int8())
    return Run(
        config=cfg, labels=LABELS, fold=0, seed=0, temperature=0.1,
        thresholds=(0.4,) * len(LABELS), network=network,
    )  # fmt: skip


def once(make):
    """Remember what a function of a run made, by all that it reads of the run."""
    made = {}

    def remembered(run):
        weights = {name: x.numpy().tobytes() for name, x in run.network.state_dict().items()}
        key = repr((run.config, run.temperature, sorted(weights.items())))
        if key not in made:
            made[key] = make(run)
        return made[key]

    return remembered


@pytest.fixture(scope="session")
def converted():
    """A run as ONNX and its network as LiteRT; each takes seconds, and is made once a session."""
    pytest.importorskip("torch", reason="exports need the extra 'export'")
    from lightspeech.export import int8_tflite, onnx

    return once(onnx.to_bytes), once(int8_tflite.to_bytes)


@pytest.fixture
def export_once(converted, monkeypatch):
    """Convert each run once, where a test packs or measures it again and again."""
    from lightspeech.export import int8_tflite, onnx

    def export(run, to):
        return bundle.write(replace(to, model_file=onnx.MODEL_FILE), converted[0](run))

    monkeypatch.setattr(onnx, "export", export)
    monkeypatch.setattr(int8_tflite, "to_bytes", converted[1])


@pytest.fixture(scope="session")
def export_nano(tmp_path_factory, make_nano, converted):
    """Export an untrained `nano` that hears one second; once a session, since LiteRT is slow."""
    from lightspeech import plugins
    from lightspeech.export import int8_tflite

    @functools.cache
    def export(format, *, integers=False):
        done = make_nano(integers=integers)
        to = Bundle(
            path=tmp_path_factory.mktemp("bundles") / "nano", name="nano", labels=done.labels,
            sample_rate=16_000, windows=done.config.windows,
            frontend=done.config.frontend.as_dict(),
            model={"name": "nano", "config": {}, "n_params": 15_000}, thresholds=done.thresholds,
            temperature=done.temperature,
        )  # fmt: skip
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(int8_tflite, "to_bytes", converted[1])
            return plugins.load("lightspeech.export", format).export(done, to)

    return export


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """Made speech and its features, which studies of all tests share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def here(tmp_path, monkeypatch, cache):
    """Work in a folder that is empty but for the cache, in as many threads as before."""
    torch = pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cache").symlink_to(cache)
    threads = torch.get_num_threads()
    yield tmp_path
    torch.set_num_threads(threads)


def study(folder, changes):
    """Train the plain runs of the tiny recipe with some changes; gives recipe and stages to go."""
    from lightspeech.studies import folders, material, recipe, stages
    from lightspeech.studies.folders import Places

    (folder / "tiny.yaml").write_text(TINY)
    chosen = recipe.read(folder / "tiny.yaml", list(changes))
    made = folders.begin(chosen, Places(), resume=True, fresh=False)
    prepared = material.prepare(chosen, made, progress=no_progress)
    protocol = stages.train(chosen, prepared, made, Places(), no_progress, processes=1)

    def compress(told=no_progress, chosen=chosen):
        return stages.compress(chosen, prepared, protocol, made, Places(), told, processes=1)

    return chosen, made, compress


@pytest.fixture
def tiny(here):
    """The tiny recipe."""
    (here / "tiny.yaml").write_text(TINY)
    return here / "tiny.yaml"


@pytest.fixture
def train(here):
    """Train a study here; gives its folder and the steps to go. Changes are to the tiny recipe."""

    def make(*changes):
        return study(here, changes)[1:]

    return make


@pytest.fixture(scope="session")
def shelf(tmp_path_factory, cache):
    """Studies that several tests begin with, steps and all: each is made once a session."""
    torch = pytest.importorskip("torch")

    @functools.cache
    def made(*studies):
        folder = tmp_path_factory.mktemp("shelf")
        (folder / "cache").symlink_to(cache)
        if studies[1:]:
            copy_studies(made(*studies[:-1]), folder)
        threads = torch.get_num_threads()
        with contextlib.chdir(folder):
            chosen, _, compress = study(folder, studies[-1])
            if chosen.compress:
                compress()
        torch.set_num_threads(threads)
        return folder

    return made


@pytest.fixture(scope="session")
def start_process():
    """Start Python code in a folder, as a process that can be killed.

    A server imports torch once, and forks itself for each of them.
    """
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["lightspeech.cli", *TORCH_USERS])

    def start(code, folder):
        with contextlib.chdir(folder):
            process = server.Process(target=exec, args=(code, {"__name__": "started"}))
            process.start()
        return process

    return start


@pytest.fixture
def kill(start_process):
    """Start Python code in a folder, and kill the process as soon as a file is there."""

    def kill(code, folder, moment):
        process = start_process(code, folder)
        while not moment.exists():
            assert process.exitcode is None
            time.sleep(0.002)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL

    return kill


@pytest.fixture
def begin(here, shelf):
    """Begin with copies of studies, each told by its changes to the tiny recipe."""

    return lambda *studies: copy_studies(shelf(*studies), here)


def copy_studies(source, to):
    shutil.copytree(source, to, dirs_exist_ok=True, ignore=shutil.ignore_patterns("cache"))


@pytest.fixture(scope="session")
def make_bert(tmp_path_factory):
    """Save a random BERT, 16 wide, as `transformers` saves it; give the name of its folder.

    Its tokens are the words named and all letters.
    """
    transformers = pytest.importorskip("transformers", reason="needs the extra 'teacher'")

    import tokenizers
    import torch

    def make(blocks, words=("how", "nice", "go", "and", "good")):
        torch.manual_seed(0)
        folder = tmp_path_factory.mktemp("bert")
        letters = "abcdefghijklmnopqrstuvwxyz'"
        marks = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
        tokens = dict.fromkeys((*marks, *letters, *(f"##{x}" for x in letters), *words))
        tokenizer = tokenizers.BertWordPieceTokenizer(
            {token: place for place, token in enumerate(tokens)}, lowercase=True
        )
        tokenizer.save(str(folder / "tokenizer.json"))
        cfg = transformers.BertConfig(
            vocab_size=len(tokens), hidden_size=16, num_hidden_layers=blocks,
            num_attention_heads=4, intermediate_size=24, max_position_embeddings=64,
        )  # fmt: skip
        transformers.BertModel(cfg).save_pretrained(folder)
        return str(folder)

    return make


@pytest.fixture(scope="module")
def make_whisper(tmp_path_factory):
    """Save a random Whisper, 16 wide, as `transformers` saves it; give the name of its folder."""
    transformers = pytest.importorskip("transformers", reason="needs the extra 'teacher'")

    import torch

    def make(blocks, **changes):
        torch.manual_seed(0)
        folder = tmp_path_factory.mktemp("whisper")
        cfg = transformers.WhisperConfig(
            d_model=16, encoder_layers=blocks, encoder_attention_heads=4, encoder_ffn_dim=24,
            decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=8, vocab_size=20,
            pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1, **changes,
        )  # fmt: skip
        transformers.WhisperForConditionalGeneration(cfg).save_pretrained(folder)
        transformers.WhisperFeatureExtractor().save_pretrained(folder)
        return str(folder)

    return make
