import numpy as np
import onnxruntime

from lightspeech.audio import frontend
from lightspeech.inference import dispatch


def test_with_the_front_end_before_it_it_answers_as_with_it_inside(export_nano):
    whole, alone = export_nano("onnx"), export_nano("onnx-network")
    noise = np.random.default_rng(0).normal(0, 0.1, (2, 48_000)).astype(np.float32)
    expected = dispatch.open(whole).predict(noise)
    np.testing.assert_allclose(dispatch.open(alone).predict(noise), expected, atol=1e-4)


def test_it_takes_features_and_nothing_else(export_nano):
    alone = export_nano("onnx-network")
    session = onnxruntime.InferenceSession(alone.path / alone.model_file)
    assert [item.name for item in session.get_inputs()] == ["features"]
    noise = np.random.default_rng(0).normal(0, 0.1, 48_000).astype(np.float32)
    features = frontend.features(noise, alone.mel)
    [found] = session.run(["probabilities"], {"features": features[None]})
    np.testing.assert_allclose(found, dispatch.open(alone).predict(noise[None]), atol=1e-6)
