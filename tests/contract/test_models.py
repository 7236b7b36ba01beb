"""What every model module promises, the next one included."""

import dataclasses

import numpy as np
import onnxruntime
import pytest
import torch

from lightspeech import config, plugins
from lightspeech.audio.frontend import FrontEnd
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice
from lightspeech.errors import ConfigError
from lightspeech.export import onnx
from lightspeech.training import losses
from lightspeech.training.networks import build_network
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

pytestmark = pytest.mark.usefixtures("one_thread")

PACKAGE = "lightspeech.models"
LABELS = ("angry", "happy", "neutral", "sad")


@pytest.fixture(params=plugins.names(PACKAGE))
def model(request):
    return plugins.load(PACKAGE, request.param)


SMALL = {"channels": (12, 12, 16), "members": 2, "paths": (8, 8, 8), "body": (8, 8, 8, 8, 8)}
"""As much of it as a Config knows: an export takes seconds a layer, whatever its width."""
SHORT = {"tinyml_lstm": {"windows": Windows(window_s=0.3, hop_s=None)}}
"""Of a recurrent network each frame of a window is traced before it is exported."""


def config_of(model, *, small=False, **changes):
    name = model.__name__.rsplit(".", 1)[1]
    known = {field.name for field in dataclasses.fields(model.Config)}
    narrow = {key: value for key, value in SMALL.items() if small and key in known}
    values = {
        "model": Choice(PACKAGE, name, model.Config(**narrow)),
        "frontend": model.FRONTEND,
        "windows": model.WINDOWS,
        "encoder": getattr(model, "ENCODER", None),
    }
    return RunConfig(**{**values, **changes})


def trained(cfg, steps=2):
    """A network after some steps, so that batch statistics are not the fresh ones."""
    network = build_network(cfg, len(LABELS))
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3)
    features = torch.randn(4, 20, cfg.n_features) * 2 - 3
    expected, weights, scores = torch.eye(4), torch.ones(4), []
    for _ in range(steps):
        logits = network(features)
        loss = losses.cross_entropy(logits, losses.of_every_member(expected, logits), weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scores.append(loss.item())
    return network, scores


def run_of(cfg):
    network, _ = trained(cfg)
    return Run(
        config=cfg, labels=LABELS, fold=0, seed=0, temperature=1.7, threshold=0.0,
        network=network.eval(),
    )  # fmt: skip


def test_the_five_models_are_there():
    expected = {"light_sernet", "micro", "nano", "small", "tinyml_lstm"}
    assert expected <= set(plugins.names(PACKAGE))


def test_it_states_its_front_end_and_windows(model):
    assert isinstance(model.FRONTEND, FrontEnd)
    assert isinstance(model.WINDOWS, Windows)
    assert "parameters" in model.__doc__


def test_its_config_is_frozen_and_knows_its_keys(model):
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.Config().dropout = 0.5
    with pytest.raises(ConfigError, match="widht: Unexpected keyword argument"):
        config.build(model.Config, {"widht": 2})


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("frames", [1, 2, 21, 74])
def test_any_batch_and_length_gives_a_logit_a_class(model, batch, frames):
    cfg = config_of(model)
    network = build_network(cfg, 7).eval()
    logits = network(torch.randn(batch, frames, cfg.n_features))
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
    network, _ = trained(config_of(model))
    features = torch.randn(5, 20, config_of(model).n_features)
    network.eval()
    one_by_one = torch.cat([network(row[None]) for row in features])
    torch.testing.assert_close(network(features), one_by_one, atol=1e-4, rtol=1e-4)


def test_exported_and_reloaded_it_answers_as_in_torch_at_any_length(model):
    if hasattr(model, "ENCODER"):
        pytest.skip("hears an encoder, which no bundle holds yet")
    name = model.__name__.rsplit(".", 1)[1]
    done = run_of(config_of(model, small=True, **SHORT.get(name, {})))
    session = onnxruntime.InferenceSession(onnx.to_bytes(done))
    reference = onnx.Recognizer(done).eval()
    rate = done.config.frontend.sample_rate
    for seconds, batch in ((0.13, 1), (1.0, 2), (3.0, 3), (7.0, 1)):
        waveform = torch.randn(batch, round(seconds * rate)) * 0.1
        with torch.no_grad():
            expected = reference(waveform).numpy()
        [found] = session.run(["probabilities"], {"waveform": waveform.numpy()})
        np.testing.assert_allclose(found, expected, atol=1e-4)
        np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
