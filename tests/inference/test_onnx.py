import numpy as np
import pytest
from onnx import TensorProto, load_from_string

from lightspeech.errors import BundleError
from lightspeech.inference.backends import onnx


def test_probabilities_are_what_the_graph_computes(make_bundle):
    waveforms = np.linspace(-0.2, 0.4, 32, dtype=np.float32).reshape(4, 8)
    scores = np.exp(np.abs(waveforms).mean(1, keepdims=True) * [[-20, 0, 20]])
    found = onnx.open(make_bundle()).predict(waveforms)
    np.testing.assert_allclose(found, scores / scores.sum(1, keepdims=True), rtol=1e-5)


@pytest.mark.parametrize("n_samples", [1, 100, 48_000])
@pytest.mark.parametrize("batch", [1, 5])
def test_any_batch_and_length_is_answered(make_bundle, batch, n_samples):
    answer = onnx.open(make_bundle()).predict(np.zeros((batch, n_samples), np.float32))
    assert answer.shape == (batch, 3)


@pytest.mark.parametrize("model", [b"", b"not a model" * 50, b"\x08"])
def test_what_is_no_model_is_refused(make_bundle, model):
    with pytest.raises(BundleError, match=r"model\.onnx: .*export the model again"):
        onnx.open(make_bundle(model=model))


@pytest.mark.parametrize("place", ["weights.bin", "../../secret", "/etc/hostname"])
def test_data_outside_the_model_is_refused(make_bundle, toy_model, place):
    model = load_from_string(toy_model)
    weight = model.graph.initializer[1]
    weight.ClearField("float_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=place)
    with pytest.raises(BundleError, match="refers to data outside the file"):
        onnx.open(make_bundle(model=model.SerializeToString()))


def test_a_model_of_another_contract_is_refused(make_bundle, toy_model):
    model = load_from_string(toy_model)
    model.graph.output[0].name = "logits"
    with pytest.raises(BundleError, match=r"maps \['waveform'\] to \['logits'\]"):
        onnx.open(make_bundle(model=model.SerializeToString()))


def test_a_model_with_other_classes_than_labels_is_refused(make_bundle):
    predictor = onnx.open(make_bundle(labels=("one", "two")))
    with pytest.raises(BundleError, match=r"no probabilities of shape \(1, 2\), but \(1, 3\)"):
        predictor.predict(np.zeros((1, 100), np.float32))
