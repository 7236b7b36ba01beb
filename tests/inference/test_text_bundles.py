"""Bundles that read what is said: in Python, by predict, without torch on the way."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import onnx as onnx_package
import pytest
import torch
from typer.testing import CliRunner

from lightspeech import bundle as bundles
from lightspeech.audio.windows import Windows
from lightspeech.bundle import Bundle
from lightspeech.cli import app
from lightspeech.config import Choice, choice_of
from lightspeech.errors import BundleError, ConfigError
from lightspeech.export import checks, onnx, onnx_dynamic
from lightspeech.export.onnx import Recognizer
from lightspeech.frontends import pair, text
from lightspeech.inference.predictor import timed
from lightspeech.inference.recognizer import load
from lightspeech.models import bert, multimodal, nano
from lightspeech.tokenizer import FILE, IDS, MASK
from lightspeech.training.networks import build_network
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

MODELS, FRONTENDS = "lightspeech.models", "lightspeech.frontends"
LABELS = ("angry", "happy", "sad")
NOISE = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)


@pytest.fixture(scope="module")
def run(make_bert):
    """A run that nobody trained, of words and sound."""
    words = choice_of(FRONTENDS, text.Config(source=make_bert(1), longest=16))
    joined = multimodal.Config(
        audio=Choice(MODELS, "nano", nano.Config(channels=(8, 8))), width=16, hidden=16, heads=4
    )
    cfg = RunConfig(
        model=Choice(MODELS, "multimodal", joined),
        frontend=choice_of(FRONTENDS, pair.Config(first=words, second=choice_of(
            FRONTENDS, nano.FRONTEND))),
        windows=Windows(window_s=1.0, hop_s=0.5),
    )  # fmt: skip
    torch.manual_seed(0)
    network = build_network(cfg, len(LABELS)).eval()
    return Run(
        config=cfg,
        labels=LABELS,
        fold=0,
        seed=0,
        temperature=0.2,
        thresholds=(0.0,) * len(LABELS),
        network=network,
    )


@pytest.fixture(scope="module")
def bundle(run, tmp_path_factory):
    about = Bundle(
        path=tmp_path_factory.mktemp("bundles") / "read", name="reader", labels=LABELS,
        sample_rate=16_000, windows=run.config.windows, frontend=run.config.frontend.as_dict(),
        model={"name": "multimodal", "config": {}, "n_params": 3}, thresholds=run.thresholds,
    )  # fmt: skip
    return onnx.export(run, about)


@torch.no_grad()
def expected(run, said):
    tokens = torch.from_numpy(load_tokens(run, said))[None]
    layer = run.config.front.layer(any_length=True)
    given = {IDS: tokens[..., 0], MASK: tokens[..., 1], "waveform": torch.from_numpy(NOISE)[None]}
    return Recognizer(run, layer).eval()(*(given[name] for name in layer.sources))[0].numpy()


def load_tokens(run, said):
    from lightspeech.frontends import text_encoder

    cfg = run.config.frontend.config.first.config
    return text_encoder.tokenizer(cfg.source, cfg.longest)(said)


def test_it_answers_by_what_is_said_as_in_torch(run, bundle, everybody_speaks):
    recognizer = load(bundle.path)
    answers = {}
    for said in ("how nice", "go", ""):
        answer = recognizer(NOISE, text=said, sample_rate=16_000)
        found = np.array([*answer.probabilities.values()])
        np.testing.assert_allclose(found, expected(run, said), atol=1e-4)
        answers[said] = found
    assert np.abs(answers["go"] - answers["how nice"]).max() > 1e-3


def test_a_text_is_one_of_all_windows_and_of_each_item_of_a_batch(bundle, everybody_speaks):
    recognizer = load(bundle.path)
    long = np.tile(NOISE, 12)
    assert len(recognizer(long, text="go", sample_rate=16_000).hops) > 10
    items, texts = [NOISE, NOISE], ["go", "how nice"]
    for options in ({}, {"at_once": 2}):
        found = list(recognizer.batch(items, texts=texts, sample_rate=16_000, **options))
        alone = [recognizer(NOISE, text=said, sample_rate=16_000) for said in texts]
        assert found == alone


def test_without_a_text_it_says_what_to_give(bundle, toy_reader):
    with pytest.raises(ConfigError, match=r"reader reads what is said, too; give text=\.\.\., in"):
        load(bundle.path)(NOISE, sample_rate=16_000)
    with pytest.raises(ConfigError, match="reader reads what is said, too"):
        load(bundle.path).predictor.predict(NOISE[None])
    with pytest.raises(ConfigError, match="toy hears alone and reads no text; leave the text out"):
        load(toy_reader.path)(NOISE, text="go", sample_rate=16_000)


@pytest.fixture
def toy_reader(make_bundle):
    return make_bundle()


def test_to_be_timed_it_is_told_some_words(bundle, toy_reader):
    told = timed(load(bundle.path).predictor)
    assert len(told.tokens) == 8 + 2
    assert told.predict(NOISE[None]).shape == (1, 3)
    alone = load(toy_reader.path).predictor
    assert timed(alone) is alone


def test_a_text_longer_than_it_reads_is_refused(bundle):
    with pytest.raises(ConfigError, match="a text of 22 tokens, its encoder is given 16 at most"):
        load(bundle.path)(NOISE, text="go " * 20, sample_rate=16_000)


def test_items_and_texts_must_be_as_many(bundle):
    with pytest.raises(ConfigError, match="items and texts differ in number after 1; give one of"):
        list(load(bundle.path).batch([NOISE, NOISE], texts=["go"], sample_rate=16_000))


def test_a_bundle_without_its_tokenizer_is_refused(bundle, tmp_path):
    copy = replace(bundle, path=tmp_path / "copy")
    bundles.write(copy, bundle.path / bundle.model_file)
    with pytest.raises(BundleError, match=rf"{FILE}: .*export the model again"):
        load(copy.path)
    (copy.path / FILE).write_text("{}")
    with pytest.raises(BundleError, match=rf"{FILE}: no tokenizer .*export the model again"):
        load(copy.path)


def test_a_text_may_be_all_that_is_asked_for(make_bert, tmp_path, everybody_speaks):
    words = choice_of(FRONTENDS, text.Config(source=make_bert(1), longest=16))
    cfg = RunConfig(
        model=Choice(MODELS, "bert", bert.Config()), frontend=words, windows=Windows(hop_s=None)
    )
    network = build_network(cfg, len(LABELS)).eval()
    alone = Run(
        config=cfg, labels=LABELS, fold=0, seed=0, temperature=1.0,
        thresholds=(0.0,) * len(LABELS), network=network,
    )  # fmt: skip
    about = Bundle(
        path=tmp_path / "alone", name="alone", labels=LABELS, sample_rate=16_000,
        windows=cfg.windows, frontend=words.as_dict(),
        model={"name": "bert", "config": {}, "n_params": 3}, thresholds=alone.thresholds,
    )  # fmt: skip
    recognizer = load(onnx.export(alone, about).path)
    go, loud = (recognizer(x, text="go", sample_rate=16_000) for x in (NOISE, NOISE / 2))
    nice = recognizer(NOISE, text="how nice", sample_rate=16_000)
    assert go.probabilities == loud.probabilities != nice.probabilities


def predict(*words):
    return CliRunner().invoke(app, ["predict", *map(str, words), "--json"])


@pytest.fixture
def spoken(tmp_path, write_tone):
    for name, hertz in (("a", 300), ("b", 400)):
        write_tone(tmp_path / "rec" / f"{name}.wav", seconds=1.0, hertz=hertz)
    return tmp_path / "rec"


def probabilities(answer):
    assert answer.exit_code == 0, answer.stderr
    return [json.loads(line)["probabilities"] for line in answer.stdout.splitlines()]


def test_predict_takes_a_text_or_a_table_of_transcripts(bundle, spoken, tmp_path):
    bundled = ("--bundle", bundle.path)
    go = probabilities(predict(spoken, *bundled, "--text", "go"))
    nice = probabilities(predict(spoken, *bundled, "--text", "how nice"))
    table = tmp_path / "said.csv"
    table.write_text("path,transcript\nrec/a.wav,go\nb,how nice\n")
    assert probabilities(predict(spoken, *bundled, "--transcripts", table)) == [go[0], nice[1]]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ((), "reads what is said, too; give text=..., in commands --text or --transcripts"),
        (("--text", "go", "--transcripts", "said.csv"), "are both given; choose one"),
        (("--transcripts", "said.csv"), "no row of"),
        (("--text", "go " * 20), "a text of 22 tokens"),
    ],
)
def test_predict_says_in_one_line_what_is_wrong_with_a_text(
    bundle, spoken, monkeypatch, tmp_path, options, what
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "said.csv").write_text("path,transcript\na.wav,go\n")
    answer = predict(spoken, "--bundle", bundle.path, *options)
    assert answer.exit_code == 1
    assert what in str(answer.exception)
    assert "\n" not in str(answer.exception)


def test_no_torch_is_needed_to_answer(bundle, spoken):
    code = (
        "import sys; from lightspeech.inference.recognizer import load; "
        f"print(load({str(bundle.path)!r})({str(spoken / 'a.wav')!r}, text='go').label); "
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@torch.no_grad()
def test_dynamic_int8_holds_words_and_products_in_bytes(run):
    checks.exporter(run.config, "onnx-dynamic")
    model = onnx.parsed(onnx_dynamic.to_bytes(run))
    kinds = {node.op_type for node in model.graph.node}
    assert "MatMulInteger" in kinds
    sizes = {each.name: each for each in model.graph.initializer}
    words = next(x for name, x in sizes.items() if "word_embeddings" in name and len(x.dims) == 2)
    assert words.data_type == onnx_package.TensorProto.UINT8
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString())
    tokens = load_tokens(run, "how nice")[None]
    feeds = {IDS: tokens[..., 0], MASK: tokens[..., 1], "waveform": NOISE[None]}
    [found] = session.run(["probabilities"], feeds)
    np.testing.assert_allclose(found[0], expected(run, "how nice"), atol=0.05)
