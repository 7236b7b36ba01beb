"""Damaged and hostile ONNX files: one clear error, no crash, no memory taken."""

import resource
import subprocess
import sys

import numpy as np
import pytest
from onnx import helper, load_from_string

from lightspeech.errors import BundleError
from lightspeech.inference.backends import onnx

HURT = """
import sys
from pathlib import Path
import numpy as np
from lightspeech import bundle
from lightspeech.errors import BundleError
from lightspeech.inference.backends import onnx
made = bundle.read(Path(sys.argv[1]))
model = (made.path / made.model_file).read_bytes()
rng, refused = np.random.default_rng(0), 0
for n in range(int(sys.argv[2])):
    hurt = bytearray(model)
    hurt[rng.integers(len(model))] = rng.choice([0, 1, 127, 128, 255])
    end = rng.integers(len(hurt)) if n % 4 == 0 else len(hurt)
    (made.path / made.model_file).write_bytes(hurt[:end])
    try:
        onnx.open(made).predict(np.zeros((1, 16_000), np.float32))
    except BundleError as error:
        assert "\\n" not in str(error)
        refused += 1
print(refused)
"""


def test_a_truncated_model_is_refused_at_every_length(make_bundle, toy_model):
    for end in range(0, len(toy_model) - 20, 11):
        with pytest.raises(BundleError, match=r"model\.onnx: .*export the model again"):
            onnx.open(make_bundle(model=toy_model[:end]))


def test_waveforms_into_a_model_that_must_know_its_speaker_are_refused(make_bundle):
    with pytest.raises(BundleError, match="takes waveforms, so that no voice could be taken out"):
        onnx.open(make_bundle(normalisation="speaker"))


def test_an_unknown_operation_is_named(make_bundle, toy_model):
    model = load_from_string(toy_model)
    model.graph.node[0].op_type = "HearVoices"
    with pytest.raises(BundleError, match="onnxruntime loads .*HearVoices"):
        onnx.open(make_bundle(model=model.SerializeToString()))


@pytest.mark.parametrize("dims", [[1 << 40, 3], [1 << 62, 1 << 62], [-1, 3]])
def test_hostile_sizes_of_a_weight_are_refused_before_memory_is_taken(make_bundle, toy_model, dims):
    model = load_from_string(toy_model)
    del model.graph.initializer[1].dims[:]
    model.graph.initializer[1].dims.extend(dims)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BundleError, match="onnxruntime loads"):
        onnx.open(make_bundle(model=model.SerializeToString()))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + 50_000  # kB


def test_an_answer_of_terabytes_is_refused(make_bundle, toy_model):
    model = load_from_string(toy_model)
    model.graph.initializer.append(
        helper.make_tensor("much", onnx_type(model), [2], [1 << 20, 1 << 20])
    )
    model.graph.node.insert(1, helper.make_node("Expand", ["size", "much"], ["huge"]))
    model.graph.node[2].input[0] = "huge"
    with pytest.raises(BundleError, match="fails on input"):
        onnx.open(make_bundle(model=model.SerializeToString())).predict(np.ones((1, 1), np.float32))


def onnx_type(model):
    return model.graph.initializer[0].data_type  # 64-bit integers, as those of the axis


def test_changed_bytes_give_an_error_or_an_answer_but_no_crash(make_bundle):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HURT, make_bundle().path, "400"],
        capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 100
