from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import torch

from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, choice_of
from lightspeech.errors import ConfigError
from lightspeech.export import checks, onnx
from lightspeech.models import int8, nano
from lightspeech.models.building import to_int8
from lightspeech.models.int8 import Int8
from lightspeech.training.networks import build_network
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

LABELS = ("angry", "happy", "sad")
CONFIG = RunConfig(
    model=Choice("lightspeech.models", "nano", nano.Config()),
    frontend=choice_of("lightspeech.frontends", MelConfig()),
    windows=Windows(window_s=1.0, hop_s=0.5),
)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def run_of(network, quantize=None):
    return Run(
        config=replace(CONFIG, quantize=quantize), labels=LABELS, fold=0, seed=0, temperature=1.7,
        threshold=0.0, network=network,
    )  # fmt: skip


@pytest.fixture(scope="module")
def floats():
    torch.manual_seed(0)
    network = build_network(CONFIG, len(LABELS))
    network(torch.randn(32, 24, 64) * 2 - 5)
    return run_of(network.eval())


@pytest.fixture(scope="module")
def integers(floats):
    pytest.importorskip("torchao", reason="needs the extra 'compress'")
    network = to_int8(floats.network, CONFIG.front, Int8())
    int8.take_ranges(network, [torch.randn(64, 24, 64) * 2 - 5])
    return run_of(network, Int8())


def answers(model, name, heard):
    session = onnxruntime.InferenceSession(model)
    [found] = session.run(["probabilities"], {name: heard.numpy()})
    return found


@torch.no_grad()
def test_half_precision_is_half_the_size_and_answers_alike(floats):
    waveform = torch.randn(3, 16_000) * 0.1
    full, half = onnx.to_bytes(floats), onnx.to_bytes(floats, half=True)
    assert len(half) < 0.75 * len(full)
    found = answers(half, "waveform", waveform)
    np.testing.assert_allclose(found, answers(full, "waveform", waveform), atol=5e-3)


@torch.no_grad()
def test_without_the_front_end_it_takes_features(floats):
    features = torch.randn(2, 24, 64) * 2 - 5
    found = answers(onnx.to_bytes(floats, network_alone=True), "features", features)
    expected = torch.softmax(floats.network(features) / floats.temperature, 1).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)


@torch.no_grad()
def test_an_int8_run_keeps_its_scales_from_waveform_to_probabilities(integers):
    waveform = torch.randn(4, 16_000) * 0.1
    model = onnx.to_bytes(integers)
    found = answers(model, "waveform", waveform)
    expected = onnx.Recognizer(integers, CONFIG.front.layer(any_length=False))(waveform).numpy()
    np.testing.assert_allclose(found, expected, atol=0.03)  # two steps of the logits
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)


def test_half_precision_of_int8_is_refused(integers):
    with pytest.raises(ConfigError, match="nano is int8, which onnx-fp16 does not hold"):
        checks.exporter(integers.config, "onnx-fp16")
