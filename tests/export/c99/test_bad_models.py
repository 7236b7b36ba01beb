"""Damaged, hostile and unsupported models: one clear error, never a crash nor unsafe C."""

import re
import struct
import subprocess
from shutil import which

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lightspeech.errors import BundleError
from lightspeech.export import c99
from lightspeech.export.c99.graph import constant
from lightspeech.export.tflite_file import Graph, Operation, Tensor

LABELS = ["a", "b", "c", "d"]


@pytest.fixture
def net(network):
    made = network((1, 9, 1, 4))
    made.conv(4, (3, 1))
    return made


@pytest.fixture
def model(net):
    net.reduce("MEAN", [1, 2])
    return net.to_bytes()


def result(model):
    try:
        return c99.sources(model, LABELS)
    except BundleError as error:
        return error


@pytest.mark.parametrize("data", [b"", b"TFL3", bytes(64), b"\x08\0\0\0TFL3", b"RIFF" * 100])
def test_what_is_no_model_is_refused(data):
    with pytest.raises(BundleError, match="tflite file"):
        c99.sources(data, LABELS)


def test_a_model_of_gigabytes_is_refused_before_it_is_read():
    with pytest.raises(BundleError, match="at most"):
        c99.sources(bytes(65 << 20), LABELS)


def test_every_truncation_is_refused_or_changes_nothing(model):
    whole = c99.sources(model, LABELS)
    results = [result(model[:end]) for end in range(0, len(model), 7)]
    assert all(isinstance(found, BundleError) or found == whole for found in results)
    assert isinstance(results[len(results) // 2], BundleError)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_changed_bytes_give_an_error_or_code_but_no_crash(model, data):
    changed = bytearray(model)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(8, len(model) - 4))
        value = data.draw(st.sampled_from([0, 1, 255, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]))
        changed[at : at + 4] = struct.pack("<I", value)
    found = result(bytes(changed))
    assert isinstance(found, dict) or "\n" not in str(found)


def test_changed_bytes_that_pass_give_code_that_stays_in_its_memory(model, run_c):
    rng = np.random.default_rng(3)
    rows, ran = rng.integers(-128, 128, (2, 36)).astype(np.int8), 0
    while ran < 4:
        changed = bytearray(model)
        changed[rng.integers(8, len(model))] = rng.integers(256)
        written = result(bytes(changed))
        same = bytes(changed) == model or isinstance(written, BundleError)
        if not same and "INPUT_SIZE 36\n" in written["ls_model.h"]:
            run_c(bytes(changed), rows, 4)
            ran += 1


def test_an_unsupported_operation_is_named_with_its_layer(net):
    output = net.tensor((1, 9, 1, 4), *net.scale())
    net.operation("LOGISTIC", [net.last], output)
    with pytest.raises(
        BundleError, match=r"LOGISTIC \(layer 'layer4'\): is not among ADD, AVERAGE"
    ):
        c99.sources(net.to_bytes(), ["x"] * 36)


def test_an_arena_that_was_made_too_small_does_not_compile(model, tmp_path):
    if not which("gcc"):
        pytest.skip("needs a C compiler: install gcc")
    for name, text in c99.sources(model, LABELS).items():
        smaller = re.sub(r"(ARENA_SIZE) \d+", r"\1 8", text) if name == "ls_model.h" else text
        (tmp_path / name).write_text(smaller)
    command = ["gcc", "-std=c99", "-c", tmp_path / "ls_model.c", "-o", tmp_path / "ls_model.o"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "arena_is_large_enough" in done.stderr


def test_floats_are_refused_with_what_to_do(network):
    net = network((1, 9, 1, 4))
    net.tensors[0].type = net.schema.TensorType.FLOAT32
    net.conv(4, (3, 1))
    with pytest.raises(BundleError, match="takes or gives float32.*quantize it first"):
        c99.sources(net.to_bytes(), ["x"] * 36)


def test_weights_whose_sums_leave_32_bits_are_refused(net):
    net.buffers[2] = np.full(4, 2**31 - 10, np.int32).tobytes()
    with pytest.raises(BundleError, match="can overflow 32 bits"):
        c99.sources(net.to_bytes(), ["x"] * 36)


def test_a_reshape_to_another_size_is_refused(net):
    net.move("RESHAPE", (1, 100), [1, 100])
    with pytest.raises(BundleError, match=r"RESHAPE .*makes \(1, 100\) of \(1, 9, 1, 4\)"):
        c99.sources(net.to_bytes(), ["x"] * 100)


def test_labels_of_another_number_are_refused(model):
    with pytest.raises(BundleError, match="4 outputs, 2 labels"):
        c99.sources(model, ["a", "b"])


def test_a_layer_that_reads_what_is_not_there_yet_is_refused(net):
    net.operations.reverse()
    net.reduce("MEAN", [1, 2])
    net.operations.insert(0, net.operations.pop())
    with pytest.raises(BundleError, match="MEAN reads"):
        c99.sources(net.to_bytes(), LABELS)


@pytest.mark.parametrize("values", [np.array([np.nan], "<f4"), np.array([1.0], "<f4")])
def test_numbers_that_are_not_whole_are_refused(values):
    """Of changed bytes: a type that says float where axes stand."""
    none = np.zeros(0, np.float32)
    axes = Tensor("axes", "float32", (1,), none, (), 0, values)
    source = Tensor("source", "int8", (1, 4), none, (), 0, None)
    mean = Operation("MEAN", (0, 1), (0,))
    with pytest.raises(BundleError, match=r"MEAN.*needs whole numbers as input 1, found .?float32"):
        constant(Graph((source, axes), (mean,), (0,), (0,)), mean, 1)
