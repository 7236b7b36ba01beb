import numpy as np
import onnxruntime
import pytest
import torch

from lightspeech.errors import ConfigError
from lightspeech.export import checks, onnx

pytestmark = pytest.mark.usefixtures("one_thread")


def answers(made, name, heard):
    session = onnxruntime.InferenceSession(made.path / made.model_file)
    [found] = session.run(["probabilities"], {name: heard.numpy()})
    return found


@torch.no_grad()
def test_without_the_front_end_it_takes_features(make_nano, export_nano):
    floats, features = make_nano(integers=False), torch.randn(2, 24, 64) * 2 - 5
    found = answers(export_nano("onnx-network"), "features", features)
    expected = torch.softmax(floats.network(features) / floats.temperature, 1).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)


@torch.no_grad()
def test_an_int8_run_keeps_its_scales_from_waveform_to_probabilities(make_nano, export_nano):
    pytest.importorskip("torchao", reason="needs the extra 'compress'")
    integers, waveform = make_nano(integers=True), torch.randn(4, 16_000) * 0.1
    found = answers(export_nano("onnx", integers=True), "waveform", waveform)
    layer = integers.config.front.layer(any_length=False)
    expected = onnx.Recognizer(integers, layer)(waveform).numpy()
    np.testing.assert_allclose(found, expected, atol=0.03)  # a step of the logits
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)


def test_half_precision_of_int8_is_refused(make_nano):
    pytest.importorskip("torchao", reason="needs the extra 'compress'")
    with pytest.raises(ConfigError, match="nano is int8, which onnx-fp16 does not hold"):
        checks.exporter(make_nano(integers=True).config, "onnx-fp16")
