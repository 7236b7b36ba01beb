import dataclasses
import re

import numpy as np
import pytest
import torch

from lightspeech import bundle
from lightspeech.errors import BundleError
from lightspeech.inference.backends import executorch, onnx

pytest.importorskip("executorch", reason="needs the extra 'executorch'")

DELEGATE = rb"XN\d\d"
"""Identifier of XNNPACK's part of a program, whose tables the runtime does not verify."""
STEP = 0.03
"""A step of the int8 logits, in probabilities: XNNPACK rounds sums otherwise."""


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def opened(export_nano):
    """Each run in both formats, opened."""
    pytest.importorskip("torchao", reason="needs the extra 'compress'")
    formats = {"pte": ("executorch", executorch), "onnx": ("onnx", onnx)}
    return {
        (scheme, suffix): back_end.open(export_nano(format, integers=scheme == "int8"))
        for scheme in ("fp32", "int8")
        for suffix, (format, back_end) in formats.items()
    }


@pytest.fixture
def write(opened, tmp_path):
    """Write a program into a bundle that says what that of the floats does."""
    described = dataclasses.replace(opened["fp32", "pte"].bundle, path=tmp_path)
    return lambda program: bundle.write(described, program)


@pytest.fixture
def program(opened):
    made = opened["fp32", "pte"].bundle
    return (made.path / made.model_file).read_bytes()


@pytest.mark.parametrize(("scheme", "tolerance"), [("fp32", 1e-4), ("int8", STEP)])
def test_it_answers_as_onnx_does(opened, scheme, tolerance):
    waveforms = np.random.default_rng(0).normal(0, 0.1, (5, 16_000)).astype(np.float32)
    found = opened[scheme, "pte"].predict(waveforms)
    expected = opened[scheme, "onnx"].predict(waveforms)
    np.testing.assert_allclose(found, expected, atol=tolerance)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)


def test_an_int8_program_holds_int8_weights(opened):
    floats, integers = (opened[scheme, "pte"].bundle.size_bytes for scheme in ("fp32", "int8"))
    assert integers < 0.75 * floats


def test_features_of_another_length_are_refused(opened):
    with pytest.raises(BundleError, match=r"hears \(24, 64\) features, not \(23, 64\)"):
        opened["fp32", "pte"].classify(np.zeros((23, 64), np.float32))


@pytest.mark.parametrize("content", [b"", b"no program of any kind", b"\x00\x00\x00\x00ET12"])
def test_what_is_no_program_is_refused(write, content):
    with pytest.raises(BundleError, match="export the model again"):
        executorch.open(write(content))


@pytest.mark.parametrize(
    ("trial", "message"),
    [
        ("import os; os.abort()", "no program that the runtime loads and runs"),
        ("import time; time.sleep(60)", "without an answer after 1 s"),
    ],
)
def test_a_program_may_end_or_hold_another_process_not_this_one(
    opened, monkeypatch, trial, message
):
    monkeypatch.setattr(executorch, "TRIAL", trial)
    monkeypatch.setattr(executorch, "TRIAL_S", 1 if "sleep" in trial else 100)
    with pytest.raises(BundleError, match=message):
        executorch.open(opened["fp32", "pte"].bundle)


def test_a_program_with_damaged_tables_of_xnnpack_is_refused(write, program):
    damaged = bytearray(program)
    for delegate in re.finditer(DELEGATE, program):
        forged = slice(delegate.end(), delegate.end() + 400)
        damaged[forged] = b"\xb4" * 400
    with pytest.raises(BundleError, match="no program that the runtime loads and runs"):
        executorch.open(write(bytes(damaged)))


@pytest.mark.parametrize("place", [16, 24], ids=["size of the program", "place of its segments"])
def test_hostile_sizes_in_the_header_are_refused(write, program, place):
    hostile = bytearray(program)
    assert hostile[8:12] == b"eh00"
    hostile[place : place + 8] = (2**62).to_bytes(8, "little")
    with pytest.raises(BundleError, match="no program that the runtime loads and runs"):
        executorch.open(write(bytes(hostile)))


def test_a_truncated_program_is_refused(write, program):
    with pytest.raises(BundleError, match="export the model again"):
        executorch.open(write(program[:20_000]))
