import numpy as np
import pytest

from lightspeech.errors import BundleError
from lightspeech.inference import dispatch


@pytest.mark.parametrize(
    ("file", "name"), [("m.onnx", "onnx"), ("m.tflite", "litert"), ("m.pte", "executorch")]
)
def test_a_bundle_tells_its_back_end_by_its_model(make_bundle, file, name):
    assert dispatch.back_end(make_bundle(model_file=file)) == name


def test_a_bundle_of_c_is_told_by_its_header(make_c_bundle):
    assert dispatch.back_end(make_c_bundle()) == "c99"


def test_a_model_that_no_back_end_opens_is_refused(make_bundle):
    with pytest.raises(BundleError, match=r"no back end of .*'onnx', .*\] opens 'm\.h5'"):
        dispatch.back_end(make_bundle(model_file="m.h5"))


def test_a_bundle_is_opened_in_its_back_end(make_bundle):
    opened = dispatch.open(make_bundle())
    assert opened.predict(np.zeros((2, 16_000), np.float32)).shape == (2, 3)
