"""Standardized features: the numbers of the batch norm, without turning frames, and found again."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from lightspeech.models import onnx_standardization
from lightspeech.models.onnx_standardization import NORM, statistics

FEATURES, FRAMES = 5, 7
RANDOM = np.random.default_rng(0)
TABLES = {
    "scale": np.ones(FEATURES), "shift": np.zeros(FEATURES),
    "mean": RANDOM.normal(size=FEATURES), "variance": RANDOM.uniform(0.01, 9, FEATURES),
}  # fmt: skip


def model(**others):
    """Frames, standardized as the exporter writes it, and their largest number beside them."""
    turn = {"perm": [0, 2, 1]}
    nodes = [
        helper.make_node("Transpose", ["frames"], ["turned"], **turn),
        helper.make_node(NORM, ["turned", *TABLES], ["normed"]),
        helper.make_node("Transpose", ["normed"], ["back"], **turn),
        helper.make_node("Relu", ["back"], ["answer"]),
    ]
    tables = [
        numpy_helper.from_array(np.asarray(value, np.float32), name)
        for name, value in {**TABLES, **others}.items()
    ]
    sizes = ["batch", FRAMES, FEATURES]
    ends = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes)
        for name in ("frames", "answer")
    )
    graph = helper.make_graph(nodes, "norm", *([each] for each in ends), tables)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def answers(of, frames):
    return onnxruntime.InferenceSession(of.SerializeToString()).run(None, {"frames": frames})[0]


def test_the_numbers_are_those_of_the_norm_and_nothing_that_counts_is_turned():
    before, after = model(), model()
    onnx_standardization.replace(after.graph)
    frames = RANDOM.normal(size=(2, FRAMES, FEATURES)).astype(np.float32)
    np.testing.assert_allclose(answers(after, frames), answers(before, frames), atol=1e-5)
    [turn] = (node for node in after.graph.node if node.op_type in (NORM, "Transpose"))
    assert not any(turn.output[0] in node.input for node in after.graph.node)


def test_statistics_are_found_in_both_forms():
    before, after = model(), model()
    onnx_standardization.replace(after.graph)
    assert statistics(before.graph) == ("mean", "variance", "normed")
    assert statistics(after.graph)[:2] == ("mean", "variance")
    read = {name for node in after.graph.node for name in node.input}
    assert statistics(after.graph)[2] in read


@pytest.mark.parametrize("others", [{"scale": np.full(FEATURES, 2)}, {"shift": np.ones(FEATURES)}])
def test_a_norm_that_scales_or_shifts_stays(others):
    after = model(**others)
    onnx_standardization.replace(after.graph)
    assert after == model(**others)


def test_a_norm_whose_features_are_read_elsewhere_stays():
    after = model()
    after.graph.node[3].input[0] = "normed"
    before = after.SerializeToString()
    onnx_standardization.replace(after.graph)
    assert after.SerializeToString() == before


def test_no_norm_has_no_statistics():
    after = model()
    del after.graph.node[1]
    assert statistics(after.graph) is None
