"""An int8 graph as onnxruntime fuses it: the answers of the graph before, and no floats inside."""

from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from lightspeech.models import int8_graph

FRAMES, CHANNELS = 12, 8


def graph(*, same_scale=True):
    """Rounded, turned and rounded again; a convolution, and a residual that leaves its ends out."""
    rng = np.random.default_rng(0)
    again = "scale" if same_scale else "other"
    tables = {
        "scale": np.float32(0.05), "other": np.float32(0.1), "out": np.float32(0.2),
        "zero": np.int8(-3), "none": np.int8(0),
        "weights": rng.integers(-127, 128, (CHANNELS, CHANNELS, 3, 1)).astype(np.int8),
        "each": rng.uniform(0.001, 0.01, CHANNELS).astype(np.float32),
        "nothing": np.zeros(CHANNELS, np.int8),
        "bias": rng.normal(0, 1, CHANNELS).astype(np.float32),
        "one": np.array([1]), "two": np.array([2]), "end": np.array([FRAMES - 1]),
        "axis": np.array([3]),
    }  # fmt: skip
    listed = [
        ("QuantizeLinear", ["x", "scale", "zero"], "q0", {}),
        ("DequantizeLinear", ["q0", "scale", "zero"], "d0", {}),
        ("Unsqueeze", ["d0", "axis"], "wide", {}),
        ("Transpose", ["wide"], "turned", {"perm": [0, 2, 1, 3]}),
        ("QuantizeLinear", ["turned", again, "zero"], "q1", {}),
        ("DequantizeLinear", ["q1", again, "zero"], "d1", {}),
        ("DequantizeLinear", ["weights", "each", "nothing"], "w", {"axis": 0}),
        ("Conv", ["d1", "w", "bias"], "c", {"kernel_shape": [3, 1]}),
        ("QuantizeLinear", ["c", "out", "none"], "q2", {}),
        ("DequantizeLinear", ["q2", "out", "none"], "d2", {}),
        ("Slice", ["d1", "one", "end", "two"], "inner", {}),
        ("QuantizeLinear", ["inner", again, "zero"], "q3", {}),
        ("DequantizeLinear", ["q3", again, "zero"], "d3", {}),
        ("Add", ["d3", "d2"], "sum", {}),
        ("QuantizeLinear", ["sum", "out", "none"], "q4", {}),
        ("DequantizeLinear", ["q4", "out", "none"], "y", {}),
    ]
    nodes = [helper.make_node(kind, i, [o], o, **attributes) for kind, i, o, attributes in listed]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", FRAMES, CHANNELS])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", CHANNELS, FRAMES - 2, 1])
    stored = [numpy_helper.from_array(np.asarray(v), name) for name, v in tables.items()]
    made = helper.make_graph(nodes, "net", [x], [y], stored)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def answers(model, path=None):
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(path or "")
    running = onnxruntime.InferenceSession(model.SerializeToString(), options)
    x = np.random.default_rng(1).normal(0, 2, (5, FRAMES, CHANNELS)).astype(np.float32)
    return running.run(None, {"x": x})[0]


def test_it_answers_as_before_to_a_step_and_mostly_the_same():
    model = graph()
    before = answers(model)
    int8_graph.fuse(model)
    onnx.checker.check_model(model)
    steps = np.rint((answers(model) - before) / 0.2)
    assert abs(steps).max() <= 1
    assert np.mean(steps == 0) > 0.99


def test_onnxruntime_computes_all_of_it_in_integers(tmp_path):
    model = graph()
    int8_graph.fuse(model)
    answers(model, tmp_path / "fast.onnx")
    kinds = Counter(node.op_type for node in onnx.load(tmp_path / "fast.onnx").graph.node)
    assert kinds["QLinearConv"] == kinds["QLinearAdd"] == kinds["QuantizeLinear"] == 1
    assert not kinds["Conv"]
    assert not kinds["Add"]


def test_no_product_is_of_uint8_and_int8_which_overflows_without_vnni():
    model = graph()
    int8_graph.fuse(model)
    kinds = {each.name: each.data_type for each in model.graph.initializer}
    weights = [node for node in model.graph.node if node.output == ["w"]]
    assert [kinds[name] for name in (weights[0].input[0], weights[0].input[2])] == [
        TensorProto.UINT8
    ] * 2
    assert TensorProto.INT8 not in kinds.values()


def test_what_is_rounded_to_another_scale_stays():
    model = graph(same_scale=False)
    before = answers(model)
    int8_graph.fuse(model)
    np.testing.assert_allclose(answers(model), before, atol=0.21)
    assert sum(node.op_type == "QuantizeLinear" for node in model.graph.node) == 4


def test_floats_stay_as_they_are():
    nodes = [helper.make_node("Relu", ["x"], ["y"])]
    ends = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", FRAMES, CHANNELS]) for n in "xy"
    ]
    made = helper.make_graph(nodes, "net", ends[:1], ends[1:])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    before = model.SerializeToString()
    int8_graph.fuse(model)
    assert model.SerializeToString() == before


@pytest.mark.parametrize("kind", ["onnx", "onnx-network"])
def test_exported_networks_have_no_convolution_in_floats(export_nano, tmp_path, kind):
    pytest.importorskip("torchao", reason="needs the extra 'compress'")
    made = export_nano(kind, integers=True)
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "fast.onnx")
    onnxruntime.InferenceSession(made.path / made.model_file, options)
    kinds = Counter(node.op_type for node in onnx.load(tmp_path / "fast.onnx").graph.node)
    assert kinds["QLinearConv"]
    assert not kinds["Conv"] + kinds["STFT"]


def product(*, read_elsewhere=False):
    """Numbers rounded as a session runs, times weights of 8 bits."""
    rng = np.random.default_rng(2)
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"]),
        helper.make_node("MatMulInteger", ["q", "w", "zero", "w_zero"], ["y"]),
    ]
    outputs = [helper.make_tensor_value_info("y", TensorProto.INT32, ["n", CHANNELS])]
    if read_elsewhere:
        nodes.append(helper.make_node("Identity", ["w"], ["same"]))
        outputs.append(helper.make_tensor_value_info("same", TensorProto.INT8, [4, CHANNELS]))
    stored = [
        numpy_helper.from_array(rng.integers(-127, 128, (4, CHANNELS)).astype(np.int8), "w"),
        numpy_helper.from_array(np.zeros(CHANNELS, np.int8), "w_zero"),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])
    made = helper.make_graph(nodes, "net", [x], outputs, stored)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def of_product(model):
    running = onnxruntime.InferenceSession(model.SerializeToString())
    return running.run(["y"], {"x": np.linspace(-2, 3, 12, dtype=np.float32).reshape(3, 4)})[0]


def test_products_rounded_as_a_session_runs_have_unsigned_weights_and_the_same_answers():
    model = product()
    before = of_product(model)
    int8_graph.make_products_unsigned(model)
    assert {each.data_type for each in model.graph.initializer} == {TensorProto.UINT8}
    np.testing.assert_array_equal(of_product(model), before)


def test_weights_that_something_else_reads_stay():
    model = product(read_elsewhere=True)
    before = of_product(model)
    int8_graph.make_products_unsigned(model)
    kinds = {each.name: each.data_type for each in model.graph.initializer}
    assert kinds["w"] == TensorProto.INT8
    np.testing.assert_array_equal(of_product(model), before)
