"""Models that ask for more than a network may, in every place and every spelling of protobuf."""

import contextlib
import subprocess

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import AttributeProto, ModelProto, TensorProto, helper, load_from_string

from lightspeech.bundle.places import ZOO
from lightspeech.errors import BundleError
from lightspeech.inference.backends import onnx
from lightspeech.runtime import onnx_file, onnx_session
from lightspeech.runtime.onnx_session import OnnxSession


def network(*attributes, domain="", initializer=(), operator="Relu"):
    """One node with these attributes."""
    node = helper.make_node(operator, ["waveform"], ["probabilities"], domain=domain)
    node.attribute.extend(attributes)
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 3])
        for name in ("waveform", "probabilities")
    ]
    graph = helper.make_graph([node], "network", ends[:1], ends[1:], initializer)
    return helper.make_model(graph)


def outside(**changes):
    tensor = TensorProto(name="weights", dims=[1], data_type=TensorProto.FLOAT, **changes)
    tensor.external_data.add(key="location", value="weights.bin")
    return tensor


def sparse(tensor):
    return helper.make_sparse_tensor(tensor, helper.make_tensor("places", 7, [1], [0]), [3])


def attribute(**content):
    return AttributeProto(name="value", **content)


def scan(body):
    return network(attribute(g=body), operator="Scan")


INNER = network().graph
ASKING = {
    "a weight outside": (network(initializer=[outside()]), "data outside"),
    "a location and no place": (
        network(initializer=[TensorProto(data_location=TensorProto.EXTERNAL)]), "data outside",
    ),
    "an attribute outside": (network(attribute(t=outside())), "data outside"),
    "a list of them": (network(attribute(tensors=[outside()])), "data outside"),
    "a sparse one": (network(attribute(sparse_tensor=sparse(outside()))), "data outside"),
    "a branch": (network(attribute(g=INNER)), "control flow"),
    "a loop": (network(attribute(g=INNER), operator="Loop"), "control flow"),
    "branches": (network(attribute(graphs=[INNER, INNER])), "control flow"),
    "a scan of scans": (scan(scan(INNER).graph), "control flow"),
    "a scan of a weight outside": (scan(network(attribute(t=outside())).graph), "data outside"),
    "a scan of a stranger": (scan(network(domain="org.example").graph), "unknown domain"),
    "a stranger": (network(domain="org.example"), "unknown domain 'org.example'"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ASKING)
def test_what_asks_for_more_than_a_network_is_refused(kind):
    model, why = ASKING[kind]
    with pytest.raises(BundleError, match=why):
        onnx_file.check(model.SerializeToString())


def test_functions_and_training_are_refused():
    for field, why in (("functions", "functions"), ("training_info", "training")):
        model = network()
        getattr(model, field).add()
        with pytest.raises(BundleError, match=why):
            onnx_file.check(model.SerializeToString())


@pytest.mark.parametrize("domain", ["", "ai.onnx", "com.microsoft"])
def test_a_network_is_let_through(domain):
    weights = helper.make_tensor("weights", TensorProto.FLOAT, [2], [1.0, 2.0])
    model = network(attribute(t=weights), domain=domain, initializer=[weights])
    onnx_file.check(model.SerializeToString())


def test_a_scan_of_a_network_is_let_through():
    onnx_file.check(scan(INNER).SerializeToString())


def varint(value, *, n_bytes=1):
    """Seven bits a byte, in at least so many bytes."""
    groups = []
    while value or len(groups) < n_bytes:
        groups.append(value & 127)
        value >>= 7
    return bytes([group | 128 for group in groups[:-1]] + groups[-1:])


def spelt(number, content, *, n_bytes=1):
    """A field that holds bytes."""
    head = (number << 3 | 2, len(content))
    return b"".join(varint(value, n_bytes=n_bytes) for value in head) + content


@given(n_bytes=st.integers(1, 5), before=st.binary(max_size=9), number=st.integers(1000, 1 << 20))
def test_no_spelling_hides_what_is_outside(n_bytes, before, number):
    graph = spelt(5, outside().SerializeToString(), n_bytes=n_bytes)
    model = network().SerializeToString() + spelt(number, before) + spelt(7, graph, n_bytes=n_bytes)
    merged = ModelProto.FromString(model).graph.initializer
    assert [each.name for each in merged] == ["weights"]  # protobuf joins both graphs
    with pytest.raises(BundleError, match="data outside"):
        onnx_file.check(model)


@given(st.integers(0, (1 << 64) - 1), st.integers(1, 10))
def test_integers_are_those_of_protobuf(value, n_bytes):
    [(number, found)] = onnx_file.fields(memoryview(b"\x08" + varint(value, n_bytes=n_bytes)))
    assert (number, found) == (1, value)


@given(st.binary(max_size=80))
def test_bytes_of_any_kind_are_a_message_or_our_error(data):
    with contextlib.suppress(BundleError):
        onnx_file.check(data)


def test_groups_are_passed_over_and_must_close():
    group = varint(40 << 3 | 3) + spelt(7, b"\xff") + varint(40 << 3 | 4)
    assert list(onnx_file.fields(memoryview(group))) == []
    for broken in (group[:-2], varint(40 << 3 | 4), varint(40 << 3 | 3) * 70):
        with pytest.raises(BundleError, match="makes no sense"):
            list(onnx_file.fields(memoryview(broken)))


def test_an_answer_that_is_no_float_is_refused(make_bundle, toy_model):
    model = load_from_string(toy_model)
    last = model.graph.node[-1].output[0]
    model.graph.node[-1].output[0] = "floats"
    model.graph.node.append(helper.make_node("Cast", ["floats"], [last], to=TensorProto.DOUBLE))
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    with pytest.raises(BundleError, match=r"takes and gives .*tensor\(double\)"):
        onnx.open(make_bundle(model=model.SerializeToString()))


def shipped(**changes):
    """The smallest network that is shipped, with other settings of its first convolution."""
    model = load_from_string((ZOO / "nano" / "model.onnx").read_bytes())
    convolution = next(node for node in model.graph.node if node.op_type == "Conv")
    for setting in convolution.attribute:
        if setting.name in changes:
            setting.ints[:] = changes[setting.name]
    return model.SerializeToString()


@pytest.mark.parametrize(
    ("changes", "reach"),
    [({}, 7), ({"dilations": [128, 1]}, 257), ({"kernel_shape": [99, 1]}, 99)],
)
def test_the_widest_convolution_tells_how_far_a_model_reaches(changes, reach):
    assert onnx_file.reach(shipped(**changes)) == reach


def test_a_model_that_reaches_beyond_its_input_does_not_end_this_process():
    """Of the pinned onnxruntime it would, of others it may not."""
    with contextlib.suppress(BundleError):
        OnnxSession(shipped(dilations=[128, 1]), "nano")


def test_a_model_that_would_end_the_process_is_refused(monkeypatch):
    ended = subprocess.CompletedProcess([], returncode=-6)
    monkeypatch.setattr(onnx_session.subprocess, "run", lambda *_, **__: ended)
    with pytest.raises(BundleError, match="ends the process that loads it"):
        OnnxSession(shipped(dilations=[128, 1]), "nano")


def test_a_model_of_short_reach_is_opened_without_a_trial(monkeypatch):
    monkeypatch.setattr(onnx_session.subprocess, "run", None)
    assert OnnxSession(shipped(), "nano").outputs


def test_a_model_that_is_never_loaded_is_refused(monkeypatch):
    def run(command, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(onnx_session.subprocess, "run", run)
    with pytest.raises(BundleError, match="is not loaded within 60 s"):
        OnnxSession(shipped(dilations=[128, 1]), "nano")


@pytest.mark.parametrize("place", ["../weights.bin", "{folder}/weights.bin"])
def test_the_runtime_itself_reads_nothing_outside_the_folder_of_a_model(tmp_path, place):
    """So does the oldest that is allowed, see ``make lowest``; older ones read any file."""
    (tmp_path / "weights.bin").write_bytes(np.ones(3, np.float32).tobytes())
    weights = TensorProto(
        name="weights", dims=[3], data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL
    )
    weights.external_data.add(key="location", value=place.format(folder=tmp_path))
    model = network(initializer=[weights], operator="Add")
    model.graph.node[0].input.append("weights")
    model.ir_version, model.opset_import[0].version = 8, 17
    file = tmp_path / "inner" / "model.onnx"
    file.parent.mkdir()
    file.write_bytes(model.SerializeToString())
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    with pytest.raises(Exception, match="(?i)external|escapes|outside"):
        onnxruntime.InferenceSession(str(file), options, ["CPUExecutionProvider"])
