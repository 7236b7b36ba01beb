#!/usr/bin/env bash
# onnxruntime 1.31.1: zeros that a model puts around negative numbers are gone before a MaxPool.
#
# Guess: a Pad with zeros and a MaxPool behind it give 0 at the edges where all else is negative, as
# log energies in decibels are. What a session does to make a model quicker leaves its answers as
# they are, up to rounding.
#
# Seen: at the default level, and from the first one on, the session moves the padding of the Pad
# into the MaxPool. There a padding is never the largest, whatever it stands for, so the edges
# become the largest of the numbers themselves: -7 in place of 0. With all optimizations off the
# answer is that of the reference of onnx. Before an AveragePool nothing goes wrong, nor where the
# Pad has the value -5. Training had the zeros, the deployed model has not, and both ends of every
# recording differ.
#
# Fails if the default session keeps the zeros, or one without optimizations does not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q onnxruntime==1.31.1 onnx==1.23.2 numpy==2.4.6
cat > "$folder/pool.py" <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

LEVELS = onnxruntime.GraphOptimizationLevel
FRAMES = 6


def padded(pool, value, **attributes):
    """A Pad by one on both sides, then a pool over three frames."""
    tables = {"pads": np.int64([0, 0, 1, 0, 0, 1]), "value": np.float32(value)}
    stored = [numpy_helper.from_array(np.asarray(v), k) for k, v in tables.items()]
    nodes = [
        helper.make_node("Pad", ["x", "pads", "value"], ["p"]),
        helper.make_node(pool, ["p"], ["y"], kernel_shape=[3], **attributes),
    ]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 1, FRAMES]) for n in "xy"]
    graph = helper.make_graph(nodes, "net", ends[:1], ends[1:], stored)
    opset = [helper.make_opsetid("", 18)]
    return helper.make_model(graph, opset_imports=opset, ir_version=10)


def answered(model, x, level):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, ["CPUExecutionProvider"]
    )
    return session.run(None, {"x": x})[0].ravel()


x = -np.arange(7, 7 + FRAMES, dtype=np.float32).reshape(1, 1, FRAMES)
for pool, value in (("MaxPool", 0), ("MaxPool", -5), ("AveragePool", 0)):
    model = padded(pool, value)
    true = ReferenceEvaluator(model).run(None, {"x": x})[0].ravel()
    plain = answered(model, x, LEVELS.ORT_DISABLE_ALL)
    default = answered(model, x, LEVELS.ORT_ENABLE_ALL)
    print(f"{pool} after a Pad of {value}: {true.round(1)}, by default {default.round(1)}")
    assert np.allclose(true, plain)
    if (pool, value) == ("MaxPool", 0):
        assert np.array_equal(true[[0, -1]], [0, 0])
        assert np.array_equal(default[[0, -1]], [-7, -11]), "the zeros are there now"
        assert np.array_equal(default, answered(model, x, LEVELS.ORT_ENABLE_BASIC))
    else:
        assert np.allclose(true, default)
PYTHON
"$folder/venv/bin/python" "$folder/pool.py"
