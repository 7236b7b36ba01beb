"""What every model module promises, the next one included."""

import dataclasses

import numpy as np
import onnxruntime
import pytest
import torch

from lightspeech import config, plugins
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, choice_of
from lightspeech.errors import ConfigError
from lightspeech.export import onnx
from lightspeech.frontends import encoder_places, text
from lightspeech.frontends.inputs import apply, tensors
from lightspeech.models import vggish
from lightspeech.training import losses
from lightspeech.training.label_losses import cross_entropy
from lightspeech.training.networks import build_network
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

pytestmark = pytest.mark.usefixtures("one_thread")

PACKAGE, FRONTENDS = "lightspeech.models", "lightspeech.frontends"
LABELS = ("angry", "happy", "neutral", "sad")


@pytest.fixture(params=plugins.names(PACKAGE))
def model(request, monkeypatch):
    module = plugins.load(PACKAGE, request.param)
    if request.param == "wav2vec2":  # whose network begins with the weights of an encoder
        source = request.getfixturevalue("make_whisper")(2)
        heard = dataclasses.replace(module.FRONTEND, source=source)
        monkeypatch.setattr(module, "FRONTEND", heard)
        monkeypatch.setattr(module, "WINDOWS", Windows(window_s=0.5))
    if request.param in ("bert", "multimodal"):  # likewise
        monkeypatch.setattr(module, "FRONTEND", read(module.FRONTEND, request))
    return module


def read(cfg, request):
    """The same front end on a random text encoder."""
    if isinstance(cfg, text.Config):
        return dataclasses.replace(cfg, source=request.getfixturevalue("make_bert")(2))
    return dataclasses.replace(cfg, first=choice_of(FRONTENDS, read(cfg.first.config, request)))


SMALL = {"channels": (12, 12, 16), "members": 2, "paths": (8, 8, 8), "body": (8, 8, 8, 8, 8)}
"""As much of it as a Config knows: an export takes seconds a layer, whatever its width."""
SHORT = dict.fromkeys(("acrnn", "tinyml_lstm"), {"windows": Windows(window_s=0.2, hop_s=None)})
"""Of a recurrent network each frame of a window is traced before it is exported."""


NARROW = {"channels": (2, 4, 4, 8), "units": 8}
LIGHT = {
    "multimodal": {"audio": Choice(PACKAGE, "vggish", vggish.Config(**NARROW))},
    "vggish": NARROW,
}
"""What as published has 72 M parameters."""


def config_of(model, *, small=False, **changes):
    name = model.__name__.rsplit(".", 1)[1]
    known = {field.name for field in dataclasses.fields(model.Config)}
    narrow = {key: value for key, value in SMALL.items() if small and key in known}
    narrow |= LIGHT.get(name, {})
    values = {
        "model": Choice(PACKAGE, name, model.Config(**narrow)),
        "frontend": choice_of(FRONTENDS, model.FRONTEND),
        "windows": model.WINDOWS,
    }
    return RunConfig(**{**values, **changes})


def noise(cfg, batch, frames):
    """What a network is given, of any kind: noise of so many frames in each tensor, or enough."""
    frames = max(frames, shortest(cfg))

    def of(x):
        if x.is_floating_point():
            return torch.randn(batch, frames, x.shape[2])
        return some_tokens(batch, min(frames, x.shape[1]))

    return apply(of, cfg.front.example())


def some_tokens(batch, n):
    return torch.stack([torch.randint(1, 50, (batch, n)), torch.ones(batch, n).long()], 2)


def shortest(cfg):
    """Frames that a network must be given; most take any number."""
    return getattr(cfg.model.config, "shortest", 1)


def trained(cfg, steps=2):
    """A network after some steps, so that batch statistics are not the fresh ones."""
    network = build_network(cfg, len(LABELS))
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3)
    features = apply(lambda x: x * 2 - 3 if x.is_floating_point() else x, noise(cfg, 4, 20))
    expected, weights, scores = torch.eye(4), torch.ones(4), []
    for _ in range(steps):
        logits = network(features)
        loss = cross_entropy.score(
            logits, losses.of_every_member(expected, logits), weights, cross_entropy.Config()
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scores.append(loss.item())
    return network, scores


def run_of(cfg):
    network, _ = trained(cfg)
    return Run(
        config=cfg, labels=LABELS, fold=0, seed=0, temperature=1.7, thresholds=(0.0,) * len(LABELS),
        network=network.eval(),
    )  # fmt: skip


def test_the_five_models_are_there():
    expected = {"light_sernet", "micro", "nano", "small", "tinyml_lstm"}
    assert expected <= set(plugins.names(PACKAGE))


def test_it_states_its_front_end_and_windows(model):
    assert isinstance(model.WINDOWS, Windows)
    example = config_of(model).front.example()
    assert all(len(x) == 1 and x.dim() == 3 and not x.any() for x in tensors(example))
    assert "parameters" in model.__doc__


def test_its_config_is_frozen_and_knows_its_keys(model):
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.Config().dropout = 0.5
    with pytest.raises(ConfigError, match="widht: no such key"):
        config.build(model.Config, {"widht": 2})


@pytest.mark.parametrize("kind", ["waveform", "text"])
def test_what_it_cannot_hear_is_refused_by_the_key_that_changes_it(model, kind):
    cfg = config_of(model)
    other = choice_of(FRONTENDS, plugins.load(FRONTENDS, kind).Config())
    if cfg.frontend.name == kind:
        pytest.skip("is what it hears")
    with pytest.raises(ConfigError, match="write frontend"):
        build_network(dataclasses.replace(cfg, frontend=other), 4)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("frames", [1, 2, 21, 74])
def test_any_batch_and_length_gives_a_logit_a_class(model, batch, frames):
    cfg = config_of(model)
    network = build_network(cfg, 7).eval()
    logits = network(noise(cfg, batch, frames))
    assert logits.shape == (batch, 7)
    assert torch.isfinite(logits).all()


def test_two_steps_change_it_and_the_loss_is_finite(model):
    network, scores = trained(config_of(model))
    assert np.isfinite(scores).all()
    assert scores[1] != scores[0]
    fresh = build_network(config_of(model), len(LABELS))
    moved = zip(network.parameters(), fresh.parameters(), strict=True)
    assert all(not torch.equal(a, b) for a, b in moved if a.requires_grad)


def test_answers_to_one_utterance_do_not_depend_on_the_batch(model):
    cfg = config_of(model)
    network, _ = trained(cfg)
    features = noise(cfg, 5, 20)
    network.eval()
    rows = [apply(lambda x: x[n : n + 1], features) for n in range(5)]  # noqa: B023
    one_by_one = torch.cat([network(row) for row in rows])
    torch.testing.assert_close(network(features), one_by_one, atol=1e-4, rtol=1e-4)


def exportable(model, **changes):
    """A model that a bundle can hold; its encoder may have to be there."""
    cfg = config_of(model, **changes)
    if not cfg.front.in_bundle:
        pytest.skip("is given what no bundle holds")
    encoders = {origin.name for origin in cfg.front.origins()}
    if "base" in encoders and encoder_places.folder_of("base") is None:
        pytest.skip(
            f"needs the encoder of base: set {encoder_places.PLACE} to the folder that holds it"
        )
    return cfg


def given(layer, waveform):
    """What a layer is given beside tokens: what a file of its own computes, or waveforms."""
    sources = []
    for name, source in layer.sources.items():
        if name in (text.IDS, text.MASK):
            words = some_tokens(len(waveform), 5).unbind(2)
            sources.append(words[name == text.MASK])
        elif source.model is None:
            sources.append(waveform)
        else:
            [states] = onnxruntime.InferenceSession(source.model).run(
                [name], {"waveform": waveform.numpy()}
            )
            sources.append(torch.from_numpy(states))
    return sources


def test_exported_and_reloaded_it_answers_as_in_torch_at_any_length(model):
    name = model.__name__.rsplit(".", 1)[1]
    done = run_of(exportable(model, small=True, **SHORT.get(name, {})))
    session = onnxruntime.InferenceSession(onnx.to_bytes(done))
    layer = done.config.front.layer(any_length=True)
    reference = onnx.Recognizer(done, layer).eval()
    rate = done.config.front.sample_rate
    least = 0.04 * shortest(done.config) + 0.09  # hops, and what the last frame is longer
    for seconds, batch in ((0.13, 1), (1.0, 2), (3.0, 3), (7.0, 1)):
        waveform = torch.randn(batch, round(max(seconds, least) * rate)) * 0.1
        sources = given(layer, waveform)
        with torch.no_grad():
            expected = reference(*sources).numpy()
        inputs = {"waveform": waveform, **dict(zip(layer.sources, sources, strict=True))}
        named = {each.name for each in session.get_inputs()}
        feeds = {name: x.numpy() for name, x in inputs.items() if name in named}
        [found] = session.run(["probabilities"], feeds)
        np.testing.assert_allclose(found, expected, atol=1e-4)
        np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
