"""What every front end promises, the next one included."""

import dataclasses

import numpy as np
import onnxruntime
import pytest
import soundfile
import torch

from lightspeech import config, plugins
from lightspeech.audio import io
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, choice_of
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.frontends import text, text_encoder
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Order
from lightspeech.frontends.contract import Cost, Frontend, Origin
from lightspeech.frontends.inputs import Inputs, apply, n_examples, tensors
from lightspeech.models import fusion, micro
from lightspeech.training.task import RunConfig

pytestmark = pytest.mark.usefixtures("one_thread")

PACKAGE = "lightspeech.frontends"
WINDOWS = Windows(window_s=1.0, hop_s=0.5)
STATED = {"pair": fusion.FRONTEND}
"""Of those that have no defaults, what a model module states."""
WIDTH = 16


@pytest.fixture(params=plugins.names(PACKAGE))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def random_encoders(make_whisper, tmp_path_factory):
    """Folders of a random encoder of transformers, and of a small one made of it."""
    from lightspeech.encoders import shrink

    source, folder = make_whisper(3), tmp_path_factory.mktemp("small")
    noise = np.random.default_rng(0).normal(size=8_000).astype(np.float32) / 10
    soundfile.write(folder / "speech.wav", noise, 16_000)
    cfg = shrink.Shrink(source=source, last=2, heads=3, units=20)
    shrink.shrink(cfg, [folder / "speech.wav"], folder)
    return {"encoder": source, "small_encoder": str(folder)}


@pytest.fixture
def front(name, request):
    """As stated, but for encoders: random ones, which are on every machine."""
    cfg = stated(name)
    if name in ("mel", "waveform"):
        return build(cfg)
    if name == "text":
        return build(dataclasses.replace(cfg, source=request.getfixturevalue("make_bert")(1)))
    folders = request.getfixturevalue("random_encoders")
    return build(heard(cfg, folders))


def heard(cfg, folders):
    """The same configuration on random encoders, and of each part of a pair."""
    name = choice_of(PACKAGE, cfg).name
    if name in folders:
        return dataclasses.replace(cfg, source=folders[name], width=WIDTH, first=0, last=2)
    parts = {key: part for key, part in vars(cfg).items() if isinstance(part, Choice)}
    return dataclasses.replace(
        cfg, **{key: choice_of(PACKAGE, heard(part.config, folders)) for key, part in parts.items()}
    )


def stated(name):
    return STATED[name] if name in STATED else plugins.load(PACKAGE, name).Config()


def build(cfg):
    return choice_of(PACKAGE, cfg).module.build(cfg, windows=WINDOWS)


def members(protocol):
    return {name for name in vars(protocol) if not name.startswith("_")}


def test_the_four_front_ends_are_there():
    assert {"encoder", "mel", "pair", "small_encoder"} <= {*plugins.names(PACKAGE)}


def test_its_config_is_frozen_has_defaults_and_knows_its_keys(name):
    cfg = stated(name)
    field = dataclasses.fields(cfg)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(cfg, field, None)
    with pytest.raises(ConfigError, match="widht: no such key"):
        config.build(type(cfg), {**config.as_dict(cfg), "widht": 2})


def test_what_a_recipe_would_say_of_it_gives_it_back(name):
    cfg = stated(name)
    assert choice_of(PACKAGE, cfg) == Choice(PACKAGE, name, cfg)
    assert config.build(type(cfg), config.as_dict(cfg)) == cfg


def test_it_is_all_that_the_contract_says(front):
    assert {each for each in members(Frontend) if not hasattr(front, each)} == set()
    assert front.n_features > 0
    assert front.sample_rate >= 8_000
    assert front.scheme
    assert front.tuned >= 0
    assert all(isinstance(origin, Origin) for origin in front.origins())


def test_it_is_what_a_run_is_given(name):
    cfg = RunConfig(
        model=Choice("lightspeech.models", "micro", micro.Config()),
        frontend=Choice(PACKAGE, name, stated(name)), windows=WINDOWS,
    )  # fmt: skip
    assert cfg.front == build(stated(name))
    assert config.build(RunConfig, config.as_dict(cfg)) == cfg


def test_its_example_is_one_silent_window_of_its_features(front):
    example = front.example()
    assert n_examples(example) == 1
    assert sum(x.shape[2] for x in tensors(example)) == front.n_features
    assert not any(x.any() for x in tensors(example))


def test_one_that_a_bundle_can_hold_computes_its_example_in_a_graph(front):
    """States of 3 s stand for those of any length, so of that length is the example here."""
    if front.layer(any_length=True) is None:
        assert not front.in_bundle
        return
    front = rewindowed(front, Windows(window_s=3.0))
    for any_length in (False, True):
        layer = front.layer(any_length=any_length)
        found = layer(*(source.example for source in layer.sources.values()))
        expected = apply(lambda x: x.repeat(2, 1, 1), front.example())
        shapes = [(name, x.shape) for name, x in named(found)]
        assert shapes == [(name, x.shape) for name, x in named(expected)]
        for source in layer.sources.values():
            assert len(source.example) == 2
            assert source.model is None or source.model.is_file()


def rewindowed(front, windows):
    """The same front end on other windows."""
    if hasattr(front, "first"):
        return type(front)(*(rewindowed(part, windows) for part in front))
    cfg = front.encoder.cfg if hasattr(front, "encoder") else front.cfg
    return choice_of(PACKAGE, cfg).module.build(cfg, windows=windows)


def named(inputs: Inputs):
    return [("", inputs)] if isinstance(inputs, torch.Tensor) else sorted(inputs.items())


def test_one_that_a_bundle_can_hold_hears_a_window_as_it_is_measured(front, corpus, tmp_path):
    """The very inputs of an exported graph, from the waveform of one whole window."""
    if not front.in_bundle:
        pytest.skip("no run makes a bundle of it, and it is measured whole")
    waveform = io.load(corpus[0].path, front.sample_rate)
    [piece] = WINDOWS.cut(waveform, front.sample_rate)
    layer, tokens = front.layer(any_length=False), tokens_of(front, corpus[0])
    found = layer(*(given(name, source, piece, tokens) for name, source in layer.sources.items()))
    [measured] = front.open(corpus[:1], tmp_path / "cache").measure(np.array([0]))
    for (_, one), (_, other) in zip(named(found), named(measured), strict=True):
        torch.testing.assert_close(one.float(), other.float(), atol=5e-3, rtol=1e-3)


def tokens_of(front, utterance):
    """What a device would make of the words."""
    if not isinstance(front, text.Text):
        return {}
    tokens = text_encoder.tokenizer(front.cfg.source, front.cfg.longest)(utterance.transcript)
    return dict(zip((text.IDS, text.MASK), torch.from_numpy(tokens)[None].unbind(2), strict=True))


def given(name, source, waveform, tokens):
    if name in tokens:
        return tokens[name]
    if source.model is None:
        return torch.from_numpy(waveform)[None]
    session = onnxruntime.InferenceSession(source.model)
    [states] = session.run([name], {session.get_inputs()[0].name: waveform[None]})
    return torch.from_numpy(states)


def test_features_as_they_are_go_through_a_network_alone(front):
    layer = front.network_alone(any_length=True)
    if layer is None:
        return
    [source] = layer.sources.values()
    assert source.model is None
    assert torch.equal(layer(source.example), source.example)
    assert source.example.shape[1:] == front.example().shape[1:]


def test_it_counts_what_stands_before_a_network(front):
    cost = front.cost()
    assert isinstance(cost, Cost)
    assert cost.n_params >= 0
    assert cost.macs is None or cost.macs >= 0


@pytest.fixture
def corpus(tmp_path, write_tone):
    """Four recordings, the first exactly one window long."""
    return [
        Utterance(
            id=f"toy/{row}", corpus="toy", speaker="toy/a", emotion="sad", sample_rate=16_000,
            audio_hash=f"{row}" * 8, transcript="how nice " * (1 + row), path=write_tone(
                tmp_path / f"{row}.wav", seconds=seconds, hertz=300 + 80 * row
            ),
        )
        for row, seconds in enumerate((1.0, 1.7, 0.4, 2.2))
    ]  # fmt: skip


def test_of_a_corpus_it_gives_windows_in_order_and_batches_to_train_on(front, corpus, tmp_path):
    told = []
    inputs = front.open(corpus, tmp_path / "cache", step=lambda: told.append(1))
    assert len(told) >= len(corpus)
    assert front.missing(corpus, tmp_path / "cache") == []
    counts = np.diff(inputs.window_offsets)
    assert len(counts) == len(corpus)
    rows = np.array([3, 0])
    measured = list(inputs.measure(rows))
    assert sum(map(n_examples, measured)) == counts[rows].sum()
    example = front.example()
    for batch in measured:
        assert [(key, x.shape[2]) for key, x in named(batch)] == [
            (key, x.shape[2]) for key, x in named(example)
        ]
        assert all(x.isfinite().all() for x in tensors(batch))
    order = Order(np.arange(4), batch_size=2, seed=0)
    batches = inputs.train(order, torch.tensor([0, 1, 1, 0]), Augment())
    assert len(batches) == 2
    for batch in batches.epoch(0):
        assert batch.targets.tolist() == [[0, 1, 1, 0][row] for row in batch.rows]
        assert n_examples(batch.features) == 2
        assert [(key, x.shape[2]) for key, x in named(batch.features)] == [
            (key, x.shape[2]) for key, x in named(example)
        ]


def test_what_was_opened_is_not_computed_again(front, corpus, tmp_path, monkeypatch):
    first = front.open(corpus, tmp_path / "cache")
    monkeypatch.setattr("lightspeech.audio.io.load", None)
    again = front.open(corpus, tmp_path / "cache")
    rows = np.arange(4)
    for one, other in zip(first.measure(rows), again.measure(rows), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(tensors(one), tensors(other), strict=True))
