import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from lightspeech.audio.windows import Windows
from lightspeech.config import Choice
from lightspeech.errors import ConfigError, MissingExtra
from lightspeech.export import onnx, onnx_dynamic
from lightspeech.frontends import mel, waveform
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.waveform import Waveforms
from lightspeech.models import wav2vec2
from lightspeech.models.wav2vec2 import Config
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

pytestmark = pytest.mark.usefixtures("one_thread")

KINDS = ("whisper", "wav2vec2", "wav2vec2-stable", "hubert", "wavlm", "data2vec")
WINDOWS = Windows(window_s=0.5)
ALL = {
    "whisper": {"blocks"},
    **dict.fromkeys(KINDS[1:], {"blocks", "projection", "positions", "norm"}),
}
"""What learns where all does: whatever there is but the convolutions."""


@pytest.fixture
def tuned(make_encoder):
    def build(kind="whisper", n_classes=3, **changes):
        folder, _ = make_encoder(kind)
        front = waveform.build(waveform.Config(source=str(folder)), windows=WINDOWS)
        return wav2vec2.build(Config(**changes), frontend=front, n_classes=n_classes)

    return build


def reached(network, steps=1):
    """Names of the parameters that have a gradient in one of some steps of descent."""
    names = set()
    for _ in range(steps):
        network.train()(torch.randn(4, 8_000, 1) / 10).square().sum().backward()
        for name, p in network.named_parameters():
            if p.grad is not None and p.grad.any():
                names.add(name)
                p.data -= 0.1 * p.grad
            p.grad = None
    return names


def of_encoder(names):
    return {name.removeprefix("pretrained.") for name in names if name.startswith("pretrained.")}


@pytest.mark.parametrize("kind", KINDS)
def test_where_all_is_trained_gradients_reach_all_but_the_convolutions(tuned, kind):
    names = of_encoder(reached(tuned(kind, batch_norm=False, masks=0)))
    assert {name.partition(".")[0] for name in names} - {"norm"} == ALL[kind] - {"norm"}
    assert {name.split(".")[1] for name in names if name.startswith("blocks")} == {"0", "1"}


@pytest.mark.parametrize("kind", KINDS)
def test_of_the_last_blocks_they_reach_these_alone(tuned, kind):
    names = of_encoder(reached(tuned(kind, blocks=1, batch_norm=False)))
    assert {tuple(name.split(".")[:2]) for name in names} == {("blocks", "1")}


@pytest.mark.parametrize("kind", KINDS)
def test_of_adapters_they_reach_each_and_nothing_else_of_the_encoder(tuned, kind):
    network = tuned(kind, lora=2, batch_norm=False)
    adapters = {name for name, _ in network.named_parameters() if "lora_" in name}
    assert len(adapters) == 2 * 2 * 2  # two blocks, two layers of each, two matrices
    assert of_encoder(reached(network, steps=2)) == of_encoder(adapters)


def test_frozen_it_is_the_head_alone_that_learns(tuned):
    assert of_encoder(reached(tuned(blocks=0, mix=True))) == set()


@torch.no_grad()
@pytest.mark.parametrize("kind", KINDS)
def test_its_last_hidden_state_is_that_of_transformers(make_encoder, tuned, kind):
    waveform = torch.randn(1, 8_000) / 10
    encoder = tuned(kind).eval().pretrained
    found = encoder.hidden_states(encoder.features(waveform))[-1]
    _, model = make_encoder(kind)
    if kind == "whisper":  # which takes 30 s alone: the same blocks one by one
        expected = encoder(waveform)[:, -1]
    else:
        centred = waveform - waveform.mean()
        centred = centred / (waveform.var(correction=0) + 1e-7).sqrt()
        expected = model(centred).last_hidden_state
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", ["whisper", "wav2vec2", "wavlm"])
def test_computing_again_on_the_way_back_changes_no_gradient(tuned, kind):
    gradients = []
    for checkpointing in (False, True):
        torch.manual_seed(1)
        network = tuned(kind, checkpointing=checkpointing, dropout=0.0, masks=0).eval()
        network.train()
        for module in network.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        torch.manual_seed(2)
        network(torch.randn(3, 8_000, 1) / 10).square().sum().backward()
        gradients.append([p.grad for p in network.parameters() if p.requires_grad])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-3)


def test_features_are_hidden_in_training_alone(tuned):
    network = tuned(masks=1, mask_s=0.2, dropout=0.0, batch_norm=False)
    x = torch.randn(2, 8_000, 1) / 10
    assert not torch.equal(network.train()(x), network(x))
    assert torch.equal(network.eval()(x), network(x))


@pytest.mark.parametrize(
    ("changes", "shapes"),
    [
        ({"hidden": (), "bias": False}, [(3, 16)]),  # SpeechBrain
        ({"hidden": (), "projector": 8, "mix": True}, [(3, 8), (3,)]),  # SUPERB
        ({"hidden": (6,), "batch_norm": False}, [(6, 16), (6,), (3, 6), (3,)]),  # EmoBox
        ({"hidden": (6,)}, [(6, 16), (6,), (6,), (6,), (3, 6), (3,)]),
    ],
)
def test_heads_have_the_layers_that_they_are_said_to_have(tuned, changes, shapes):
    network = tuned(blocks=0, **changes)
    assert [tuple(p.shape) for p in network.head.parameters()] == shapes
    assert network(torch.randn(2, 8_000, 1)).shape == (2, 3)


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("whisper", {"lora": 2, "lora_layers": ("q_proj",)}, "have no 'q_proj' that LoRA reaches"),
        ("wavlm", {"lora": 2, "lora_layers": ("q_proj",)}, "choose of .*'intermediate_dense'"),
        ("hubert", {"lora": 2, "blocks": 0}, "model.lora with model.blocks=0 adapts nothing"),
        ("hubert", {"blocks": 3}, "model.blocks=3 of an encoder of 2"),
        ("hubert", {"last": 3}, "model.last=3 of an encoder of 2 blocks; write 1 to 2"),
    ],
)
def test_what_an_encoder_does_not_have_is_told_in_one_line(tuned, kind, changes, said):
    with pytest.raises(ConfigError, match=said) as caught:
        tuned(kind, **changes)
    assert "\n" not in str(caught.value)


def test_a_hub_name_without_network_is_told_in_one_line(offline):
    front = waveform.build(waveform.Config(source="nobody/nothing"), windows=WINDOWS)
    with pytest.raises(ConfigError, match="not to be had here or on the hub") as caught:
        wav2vec2.build(Config(), frontend=front, n_classes=3)
    assert "\n" not in str(caught.value)


def test_adapters_without_their_package_say_what_to_type(tuned, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "peft", None)
    with pytest.raises(MissingExtra, match=r"LoRA needs an extra; .*\[finetune\]"):
        tuned(lora=2)


def test_bands_are_no_waveform():
    front = mel.build(mel.Config(), windows=Windows())
    with pytest.raises(ConfigError, match=r"write frontend\.name=waveform"):
        wav2vec2.build(Config(), frontend=front, n_classes=3)


@pytest.fixture
def run(make_encoder):
    def make(kind="whisper", **changes):
        torch.manual_seed(0)
        folder, _ = make_encoder(kind)
        cfg = RunConfig(
            model=Choice("lightspeech.models", "wav2vec2", Config(**changes)),
            frontend=Choice(
                "lightspeech.frontends", "waveform", waveform.Config(source=str(folder))
            ),
            windows=WINDOWS,
        )
        network = wav2vec2.build(cfg.model.config, frontend=cfg.front, n_classes=3)
        network.train()(torch.randn(8, 8_000, 1) / 10)
        return Run(
            config=cfg, labels=tuple("abc"), fold=0, seed=0, temperature=0.3, thresholds=(0.0,) * 3,
            network=network.eval(),
        )  # fmt: skip

    return make


@torch.no_grad()
@pytest.mark.parametrize(
    ("kind", "changes"), [("whisper", {"lora": 2, "mix": True}), ("wav2vec2", {}), ("wavlm", {})]
)
def test_its_graph_answers_as_the_network_at_any_length(run, kind, changes):
    done = run(kind, **changes)
    session = onnxruntime.InferenceSession(onnx.to_bytes(done))
    for seconds, batch in ((0.5, 2), (0.8, 1)):
        heard = torch.randn(batch, round(seconds * 16_000)) / 10
        expected = (done.network(heard[:, :, None]) / 0.3).softmax(1)
        [found] = session.run(["probabilities"], {"waveform": heard.numpy()})
        np.testing.assert_allclose(found, expected, atol=1e-4)


@torch.no_grad()
def test_in_16_bits_and_in_int8_it_answers_much_the_same_and_is_smaller(run):
    done = run(hidden=(32,), mix=True)
    heard = torch.randn(3, 8_000) / 10
    expected = (done.network(heard[:, :, None]) / 0.3).softmax(1)
    whole = len(onnx.to_bytes(done))
    for data, tolerance in (
        (onnx.to_bytes(done, half=True), 0.01), (onnx_dynamic.to_bytes(done), 0.05)
    ):  # fmt: skip
        [found] = onnxruntime.InferenceSession(data).run(
            ["probabilities"], {"waveform": heard.numpy()}
        )
        np.testing.assert_allclose(found, expected, atol=tolerance)
        assert len(data) < whole


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux what is held")
def test_memory_is_flat_over_epochs(tuned, tmp_path, write_tone):
    """After the first epoch, which allocates what all others use."""
    from lightspeech.corpora.base import Utterance
    from lightspeech.frontends.batches import Order

    corpus = [
        Utterance(
            id=f"toy/{row}", path=write_tone(tmp_path / f"{row}.wav", seconds=1.0, hertz=200 + row),
            corpus="toy", speaker="a", emotion="a", audio_hash=f"{row}" * 8,
        )
        for row in range(8)
    ]  # fmt: skip
    front = Waveforms(waveform.Config(), WINDOWS)
    batches = front.open(corpus, tmp_path / "cache").train(
        Order(np.arange(8), batch_size=4, seed=0), torch.zeros(8, dtype=torch.int64), Augment()
    )
    network = tuned(lora=2).train()
    held = []
    for epoch in range(6):
        for batch in batches.epoch(epoch):
            network(batch.features).square().sum().backward()
            network.zero_grad()
        held.append(int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize())
    assert held[-1] - held[1] < 8 << 20


def test_it_is_no_heavier_in_parts_and_learns_alike(tuned):
    """Gradients of a batch in parts add up to those of the whole."""
    from lightspeech.frontends.batches import Batch

    network = tuned(batch_norm=False, masks=0, dropout=0.0)
    batch = Batch(
        torch.randn(7, 8_000, 1) / 10, torch.arange(7) % 3, torch.arange(7), torch.rand(7)
    )
    whole = torch.nn.functional.cross_entropy(network(batch.features), batch.targets)
    expected = torch.autograd.grad(whole, network.head.parameters())
    parts = batch.split(3)
    assert [len(part.targets) for part in parts] == [2, 2, 3]
    losses = [
        torch.nn.functional.cross_entropy(network(part.features), part.targets)
        * (len(part.targets) / 7)
        for part in parts
    ]
    found = torch.autograd.grad(sum(losses), network.head.parameters())
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-3)
    assert [len(part.targets) for part in replace(batch).split(99)] == [2, 2, 3]
