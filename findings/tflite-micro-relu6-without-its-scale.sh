#!/usr/bin/env bash
# tflite-micro 0.dev20261023182759 beside ai-edge-litert 2.3.0: a RELU6 of int8 does not change from
# the scale of what comes in to that of what goes out.
#
# Guess: each int8 tensor of a .tflite file has a scale and a zero point of its own, and an operator
# answers in those of its output. RELU6 takes a range of -6.4 to 6.4, say, to one of 0 to 6, as RELU
# may too. The interpreter for microcontrollers computes it as that for phones does, up to rounding,
# or refuses it, as it refuses an average pool with two scales.
#
# Seen: RELU is the same in both, RELU6 is not. tflite-micro cuts the integers at what 0 and
# 6 would be and hands them on, though the file says they mean something else: 0 is told as 3.1, and
# 254 of 256 values are wrong, by up to 131 steps. Nothing is said at load or at run. It is right
# where both ends have one scale, or the activation is fused into a layer; it cannot be fused where
# something else (a shortcut) reads what that layer tells.
#
# Fails if tflite-micro's RELU6 is within one step of that of ai-edge-litert, or refused.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q tflite-micro==0.dev20261023182759 ai-edge-litert==2.3.0 \
  flatbuffers==25.12.19 numpy==2.4.6
cat > "$folder/relu6.py" <<'PYTHON'
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from tflite_micro.python.tflite_micro import runtime

COMING, GOING = (0.05, 3), (6 / 255, -128)
X = np.arange(-128, 128, dtype=np.int8)[None]


def tensor(name, scale, zero):
    made = schema.TensorT()
    made.name, made.shape, made.type = name, list(X.shape), schema.TensorType.INT8
    made.quantization = schema.QuantizationParametersT()
    made.quantization.scale = np.float32([scale])
    made.quantization.zeroPoint = np.int64([zero])
    return made


def activation(code, coming, going):
    """A model of this one operation, as the bytes of a .tflite file."""
    kind, operation = schema.OperatorCodeT(), schema.OperatorT()
    kind.builtinCode = kind.deprecatedBuiltinCode = code
    kind.version = 2
    operation.inputs, operation.outputs = [0], [1]
    graph, model = schema.SubGraphT(), schema.ModelT()
    graph.tensors = [tensor(b"x", *coming), tensor(b"y", *going)]
    graph.inputs, graph.outputs, graph.operators = [0], [1], [operation]
    model.version, model.operatorCodes, model.subgraphs = 3, [kind], [graph]
    model.buffers = [schema.BufferT()]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def on_a_phone(model):
    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], X)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0].astype(int)


def on_a_microcontroller(model):
    interpreter = runtime.Interpreter.from_bytes(model)
    interpreter.set_input(X, 0)
    interpreter.invoke()
    return interpreter.get_output(0)[0].astype(int)


def wrong(code, going, limit):
    """Values that are more than one step off and the furthest, for both interpreters."""
    model = activation(code, COMING, going)
    real = np.clip((X[0] - float(COMING[1])) * COMING[0], 0, limit)
    true = np.clip(np.round(real / going[0] + going[1]), -128, 127)
    off = [np.abs(run(model) - true).astype(int) for run in (on_a_phone, on_a_microcontroller)]
    return [(int((o > 1).sum()), int(o.max())) for o in off]


found = {
    "RELU": wrong(schema.BuiltinOperator.RELU, GOING, np.inf),
    "RELU6": wrong(schema.BuiltinOperator.RELU6, GOING, 6),
    "RELU6, one scale": wrong(schema.BuiltinOperator.RELU6, COMING, 6),
}
for name, (phone, micro) in found.items():
    print(f"{name}, wrong of 256: {phone[0]} by ai-edge-litert, {micro[0]} by tflite-micro")
    print(f"  tflite-micro is off by up to {micro[1]} steps")
micro = found["RELU6"].pop()
assert micro[0] > 200 and micro[1] > 100, "RELU6 changes its scale now"
assert all(count == 0 for answers in found.values() for count, _ in answers)
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/relu6.py" 2> /dev/null
