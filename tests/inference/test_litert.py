"""LiteRT as a back end: its answers, and one clear error for whatever is no model of ours."""

import resource
import subprocess
import sys

import numpy as np
import pytest

from lightspeech.errors import BundleError
from lightspeech.inference.backends import litert

pytest.importorskip("ai_edge_litert.interpreter", reason="needs ai-edge-litert")

HURT = """
import sys
from pathlib import Path
import numpy as np
from lightspeech import bundle
from lightspeech.errors import BundleError
from lightspeech.inference.backends import litert
made = bundle.read(Path(sys.argv[1]))
model = (made.path / made.model_file).read_bytes()
rng, refused = np.random.default_rng(0), 0
for n in range(int(sys.argv[2])):
    hurt = bytearray(model)
    at = rng.integers(8, len(model) - 4)
    hurt[at : at + 4] = rng.choice([0, 1, 255, 2**31 - 1, 2**31, 2**32 - 1]).astype("<u4").tobytes()
    end = rng.integers(len(hurt)) if n % 4 == 0 else len(hurt)
    (made.path / made.model_file).write_bytes(hurt[:end])
    try:
        litert.open(made).predict(np.zeros((1, 16_000), np.float32))
    except BundleError as error:
        assert "\\n" not in str(error)
        refused += 1
print(refused)
"""


def test_probabilities_are_what_the_graph_computes(make_tflite, toy_tables):
    waveforms = np.linspace(-0.2, 0.4, 64_000, dtype=np.float32).reshape(4, -1)
    scores = np.exp(np.abs(waveforms).mean(1, keepdims=True) * [[-20, 0, 20]])
    found = litert.open(make_tflite(toy_tables)).predict(waveforms)
    np.testing.assert_allclose(found, scores / scores.sum(1, keepdims=True), rtol=1e-5)


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\x1c\0\0\0TFL3" + bytes(64), b"RIFF" * 100])
def test_what_is_no_model_is_refused(make_tflite, data):
    with pytest.raises(BundleError, match=r"model\.tflite: .*export the model again"):
        litert.open(make_tflite(data))


def test_a_truncated_model_is_refused_at_every_length(make_tflite, toy_tables):
    made = make_tflite(toy_tables)
    model = (made.path / made.model_file).read_bytes()
    for end in range(0, len(model) - 40, 41):
        with pytest.raises(BundleError):
            litert.open(make_tflite(model[:end]))


@pytest.mark.parametrize("length", [0, -1, 1 << 24, 2**31 - 1])
def test_hostile_sizes_are_refused_before_memory_is_taken(make_tflite, toy_tables, length):
    toy_tables.subgraphs[0].tensors[1].shape = [1, length]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BundleError, match=r"tensor 'tensor1' has shape|tensors of no size"):
        litert.open(make_tflite(toy_tables))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + 50_000  # kB


def test_an_operation_of_no_model_of_ours_is_named(make_tflite, toy_tables, schema):
    code = toy_tables.operatorCodes[0]
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.customCode = b"HearVoices"
    with pytest.raises(BundleError, match=r"LiteRT loads \(CUSTOM of float32"):
        litert.open(make_tflite(toy_tables))


@pytest.mark.parametrize(
    ("place", "shape"), [(0, (1, 8_000)), (6, (1, 4)), (6, (3,))], ids=["window", "labels", "rank"]
)
def test_a_model_of_another_contract_is_refused(make_tflite, toy_tables, place, shape):
    tensors = toy_tables.subgraphs[0].tensors
    tensors[place].shape = shape
    if place == 0:
        tensors[1].shape = shape
    with pytest.raises(BundleError, match="maps|LiteRT loads"):
        litert.open(make_tflite(toy_tables, labels=("a", "b")))


def test_answers_that_are_no_probabilities_are_refused(make_tflite, toy_tables):
    toy_tables.subgraphs[0].outputs = [5]  # before the softmax
    with pytest.raises(BundleError, match="no probabilities"):
        litert.open(make_tflite(toy_tables)).predict(np.ones((1, 16_000), np.float32))


def test_changed_bytes_give_an_error_or_an_answer_but_no_crash(make_tflite, toy_tables):
    made = make_tflite(toy_tables)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HURT, made.path, "400"],
        capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 100
