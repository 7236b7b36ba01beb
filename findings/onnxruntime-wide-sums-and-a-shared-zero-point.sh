#!/usr/bin/env bash
# onnxruntime 1.31.1: a session told `session.x64quantprecision=1` does not load a model in which
# two layers share a zero point.
#
# Guess: the option lets x86 processors without VNNI add products of uint8 activations and int8
# weights in wide enough sums (else they saturate at 16 bits in pairs, and answers differ from
# processor to processor). An int8 model in QDQ form has one table of zeros for all its weights, as
# tools that merge equal constants leave it, and loads with the option as it does without.
#
# Seen: the option writes weights and their zero point anew as uint8, one layer after the other;
# the second layer finds that its zero point was written already: "Attempt to replace the existing
# tensor". It says so on processors with VNNI too. With a table of zeros for each layer the model
# loads. Weights that are stored as uint8 need no option at all.
#
# Fails if the shared table loads with the option, or another one does not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q onnxruntime==1.31.1 onnx==1.23.2 numpy==2.4.6
cat > "$folder/shared.py" <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

CHANNELS, FRAMES = 8, 16


def layers(zeros, kind=np.int8):
    """Two convolutions of int8 weights; ``zeros`` names the zero point of each."""
    rng = np.random.default_rng(0)
    shift = 128 if kind is np.uint8 else 0
    tables = {"scale": np.float32(0.1), "zero": np.uint8(128)}
    tables |= {name: np.full(CHANNELS, shift, kind) for name in zeros}
    nodes, name = [], "x"

    def rounded(name):
        nodes.append(helper.make_node("QuantizeLinear", [name, "scale", "zero"], [f"{name}_q"]))
        nodes.append(helper.make_node("DequantizeLinear", [f"{name}_q", "scale", "zero"], [f"{name}_d"]))
        return f"{name}_d"

    for number, zero in enumerate(zeros):
        weights = rng.integers(-127, 128, (CHANNELS, CHANNELS, 3)) + shift
        tables[f"w{number}"] = weights.astype(kind)
        tables[f"s{number}"] = np.full(CHANNELS, 0.01, np.float32)
        table = [f"w{number}", f"s{number}", zero]
        nodes.append(helper.make_node("DequantizeLinear", table, [f"f{number}"], axis=0))
        nodes.append(helper.make_node("Conv", [rounded(name), f"f{number}"], [f"c{number}"]))
        name = f"c{number}"
    end = rounded(name)
    shape = ["n", CHANNELS, FRAMES]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    y = helper.make_tensor_value_info(end, TensorProto.FLOAT, ["n", CHANNELS, FRAMES - 4])
    stored = [numpy_helper.from_array(np.asarray(v), name) for name, v in tables.items()]
    graph = helper.make_graph(nodes, "net", [x], [y], stored)
    opset = [helper.make_opsetid("", 18)]
    return helper.make_model(graph, opset_imports=opset, ir_version=10).SerializeToString()


def told(model, wide):
    """"loads", or what is raised instead."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    if wide:
        options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
    except Exception as error:
        return str(error)
    return "loads"


shared, own = layers(["z", "z"]), layers(["z0", "z1"])
unsigned = layers(["z", "z"], np.uint8)
found = {
    "shared": told(shared, wide=False), "shared, wide": told(shared, wide=True),
    "own, wide": told(own, wide=True), "uint8, shared, wide": told(unsigned, wide=True),
}
for name, answer in found.items():
    print(f"{name}: {answer[-120:]}")
assert found["shared"] == found["own, wide"] == found["uint8, shared, wide"] == "loads"
assert "replace the existing tensor" in found["shared, wide"], "it loads now"
PYTHON
"$folder/venv/bin/python" "$folder/shared.py"
