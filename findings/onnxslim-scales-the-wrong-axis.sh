#!/usr/bin/env bash
# onnxslim 0.1.98: a factor for each frequency becomes a factor for each channel, where there are as
# many of the one as of the other.
#
# Guess: a product with a constant goes into the weights of the convolution before it only where it
# is a factor for each output channel. By the rules of broadcasting a constant of 8 numbers belongs
# to the last axis, and stays where it is; whether there happen to be 8 channels says nothing.
#
# Seen: onnxslim looks at the count alone. Behind a convolution of 8 channels over 8 bands, a weight
# for each band is multiplied into the channels, and the slim model answers something else: no
# error, a valid file, the right shapes. With 9 bands it is left alone. So it goes for ConvTranspose
# too, and for constants of shape (1, 8) and (1, 1, 8); an Add of the same numbers stays right.
# onnxsim 0.8.1 and onnxruntime do not mix them up. As many channels as log-mel bands (32, 40 or 64)
# are common. With `skip_fusion_patterns=["FusionConvMul"]` onnxslim is right.
#
# Fails if the slim model of 8 bands answers as the model does, or that of 9 does not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q onnxslim==0.1.98 onnxsim==0.8.1 onnxruntime==1.31.1 \
  onnx==1.23.2 numpy==2.4.6
cat > "$folder/slim.py" <<'PYTHON'
import numpy as np
import onnxruntime
import onnxsim
import onnxslim
from onnx import TensorProto, checker, helper, numpy_helper

CHANNELS, FRAMES = 8, 20


def weighted(bands, operation="Mul"):
    """A convolution over frames and bands, then a number for each band."""
    rng = np.random.default_rng(0)
    tables = {"kernel": rng.normal(size=(CHANNELS, 1, 3, 3)), "weight": rng.normal(size=bands)}
    stored = [numpy_helper.from_array(v.astype(np.float32), k) for k, v in tables.items()]
    nodes = [
        helper.make_node("Conv", ["x", "kernel"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node(operation, ["c", "weight"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, FRAMES, bands])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, CHANNELS, FRAMES, bands])
    graph = helper.make_graph(nodes, "net", [x], [y], stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    checker.check_model(model, full_check=True)
    return model


def answered(model, x):
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"x": x})[0]


def apart(bands, simpler, operation="Mul"):
    """How far the simpler model's answer is from the model's, largest of all."""
    model = weighted(bands, operation)
    x = np.random.default_rng(1).normal(size=(1, 1, FRAMES, bands)).astype(np.float32)
    return float(np.abs(answered(model, x) - answered(simpler(model), x)).max())


def sim(model):
    return onnxsim.simplify(model)[0]


def unfused(model):
    return onnxslim.slim(model, skip_fusion_patterns=["FusionConvMul"])


found = {
    "onnxslim, 8 bands": apart(8, onnxslim.slim), "onnxslim, 9 bands": apart(9, onnxslim.slim),
    "onnxslim, 8 bands, Add": apart(8, onnxslim.slim, "Add"), "onnxsim, 8 bands": apart(8, sim),
    "onnxslim without this fusion, 8 bands": apart(8, unfused),
}
for name, distance in found.items():
    print(f"{name}: off by {distance:.1e}")
assert found.pop("onnxslim, 8 bands") > 1, "the axes are told apart now"
assert max(found.values()) < 1e-5
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/slim.py"
