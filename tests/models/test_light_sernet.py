import dataclasses

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, choice_of
from lightspeech.export import onnx
from lightspeech.models import light_sernet
from lightspeech.training.networks import build_network
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

pytestmark = pytest.mark.usefixtures("one_thread")

FEATURES = {"mfcc": 40, "log_mel": 128, "spectrogram": 513}
inputs = pytest.mark.parametrize("kind", FEATURES)
lengths = pytest.mark.parametrize(("seconds", "frames"), [(3.0, 184), (7.0, 434)])


NARROW = {"paths": (8, 8, 8), "body": (12, 8, 12, 16, 20)}
"""For what does not hang on the published widths."""


def config_of(kind, seconds, **widths):
    return RunConfig(
        model=Choice("lightspeech.models", "light_sernet", light_sernet.Config(**widths)),
        frontend=choice_of(
            "lightspeech.frontends", dataclasses.replace(light_sernet.FRONTEND, kind=kind)
        ),
        windows=Windows(window_s=seconds, hop_s=None),
    )


@inputs
@lengths
def test_its_three_inputs_and_two_lengths_have_the_published_shapes(kind, seconds, frames):
    front = config_of(kind, seconds).front
    assert front.example().shape == (1, frames, FEATURES[kind])
    assert front.n_features == FEATURES[kind]


@pytest.mark.parametrize(("frames", "mmac"), [(184, 159.3), (434, 376.2)])
def test_it_costs_the_published_multiplications(frames, mmac):
    network = build_network(config_of("mfcc", 3.0), 4).eval()
    macs = []
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(
                lambda m, _, y: macs.append(y[0, 0].numel() * m.weight.numel())
            )
    network(torch.zeros(1, frames, 40))
    assert sum(macs) / 1e6 == pytest.approx(mmac, abs=0.05)


@pytest.mark.parametrize("kind", sorted({*FEATURES} - {light_sernet.FRONTEND.kind}))
def test_with_each_other_input_it_trains_exports_and_agrees_at_three_and_seven_seconds(kind):
    """With that of its front end it does as each model does, see `tests/contract`."""
    torch.manual_seed(0)
    cfg = config_of(kind, 3.0, **NARROW)
    network = build_network(cfg, 4)
    network(torch.randn(2, 33, cfg.front.n_features)).square().mean().backward()
    done = Run(
        config=cfg, labels=tuple("abcd"), fold=0, seed=0, temperature=1.0, thresholds=(0.0,) * 4,
        network=network.eval(),
    )  # fmt: skip
    session = onnxruntime.InferenceSession(onnx.to_bytes(done))
    reference = onnx.Recognizer(done, cfg.front.layer(any_length=True)).eval()
    for seconds in (3, 7):
        waveform = torch.randn(1, seconds * 16_000) * 0.1
        with torch.no_grad():
            expected = reference(waveform)
        [found] = session.run(["probabilities"], {"waveform": waveform.numpy()})
        np.testing.assert_allclose(found, expected, atol=1e-4)
