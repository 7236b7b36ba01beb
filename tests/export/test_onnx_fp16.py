import numpy as np

from lightspeech.inference import dispatch


def test_its_bundle_is_smaller_and_answers_alike(export_nano):
    full, half = export_nano("onnx"), export_nano("onnx-fp16")
    assert half.size_bytes < 0.75 * full.size_bytes
    noise = np.random.default_rng(0).normal(0, 0.1, (2, 16_000)).astype(np.float32)
    expected = dispatch.open(full).predict(noise)
    np.testing.assert_allclose(dispatch.open(half).predict(noise), expected, atol=5e-3)
