#!/usr/bin/env bash
# ai-edge-quantizer 0.10.0 with ai-edge-litert 2.3.0 and tflite-micro 0.dev20261023182759: in int8,
# a very small number divided by another becomes the largest number there is.
#
# Guess: the quantizer has a rule for DIV and takes its scales from examples, both interpreters
# have an int8 kernel for it, so that a quotient is right to a step of its scale, as a sum or a
# product is. What is hard is a division by almost nothing; almost nothing divided by something is
# 0.
#
# Seen: quotients far below a step of their scale are not rounded to 0. For numbers of 0 to 4
# divided by numbers of 0.2 to 4, 0.015 / 2 is told as 11.2, the end of the scale. Both
# interpreters tell the same, with and without XNNPACK, so that comparing one with the other finds
# nothing, and random data meets it once in some hundred quotients. Where both signs occur, it is
# one end or the other; where no quotient is beyond 1, the scale is fine enough and all is well.
# The small quotient seems to be shifted by more places than an integer has, so another processor
# than x86 may tell something else. The level of a frame divided by a running mean is such a
# quotient: a pause becomes the loudest of sounds.
#
# Fails if all quotients are within two steps, or one of the interpreters differs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ai-edge-quantizer==0.10.0 ai-edge-litert==2.3.0 \
  tflite-micro==0.dev20261023182759 flatbuffers==25.12.19 numpy==2.4.6
cat > "$folder/quotient.py" <<'PYTHON'
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_quantizer import quantizer, recipe
from tflite_micro.python.tflite_micro import runtime

N = 64
INTEGERS = np.arange(-128, 128, dtype=np.int8)


def tensor(name):
    made = schema.TensorT()
    made.name, made.shape, made.type = name, [1, N], schema.TensorType.FLOAT32
    return made


def entry(name, place):
    made = schema.TensorMapT()
    made.name, made.tensorIndex = name, place
    return made


def in_floats():
    """A model of one division, as the bytes of a .tflite file."""
    kind, operation = schema.OperatorCodeT(), schema.OperatorT()
    kind.builtinCode = kind.deprecatedBuiltinCode = schema.BuiltinOperator.DIV
    kind.version = 1
    operation.inputs, operation.outputs = [0, 1], [2]
    operation.builtinOptionsType = schema.BuiltinOptions.DivOptions
    operation.builtinOptions = schema.DivOptionsT()
    graph, model, signature = schema.SubGraphT(), schema.ModelT(), schema.SignatureDefT()
    graph.tensors = [tensor(name) for name in (b"x", b"y", b"quotient")]
    graph.inputs, graph.outputs, graph.operators = [0, 1], [2], [operation]
    signature.signatureKey, signature.subgraphIndex = b"serving_default", 0
    signature.inputs, signature.outputs = [entry(b"x", 0), entry(b"y", 1)], [entry(b"q", 2)]
    model.version, model.operatorCodes, model.subgraphs = 3, [kind], [graph]
    model.buffers, model.signatureDefs = [schema.BufferT()], [signature]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytearray(builder.Output())


def in_integers():
    """The same model as the quantizer makes it, from forty examples."""
    random = np.random.default_rng(0)
    x, y = random.uniform(0, 4, (40, 1, N)), random.uniform(0.2, 4, (40, 1, N))
    examples = [{"x": a.astype(np.float32), "y": b.astype(np.float32)} for a, b in zip(x, y)]
    worker = quantizer.Quantizer(in_floats(), recipe.static_wi8_ai8())
    ranges = worker.calibrate({"serving_default": examples})
    return bytes(worker.quantize(ranges).quantized_model)


def litert(model, x, y, kernels):
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    for place, values in zip(interpreter.get_input_details(), (x, y)):
        interpreter.set_tensor(place["index"], values)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def micro(model, x, y):
    interpreter = runtime.Interpreter.from_bytes(model)
    interpreter.set_input(x, 0)
    interpreter.set_input(y, 1)
    interpreter.invoke()
    return interpreter.get_output(0)


model = in_integers()
reader = Interpreter(model_content=model)
scales = {d["name"]: d["quantization"] for d in reader.get_tensor_details()}
(scale_x, zero_x), (scale_y, zero_y), (scale, zero) = (scales[k] for k in ("x", "y", "quotient"))
least = int(np.ceil(0.2 / scale_y + zero_y))
wrong = np.zeros(3, int)
furthest = (0.0, "")
for y in range(least, 128):
    for x in INTEGERS.reshape(-1, 1, N):
        ys = np.full_like(x, y)
        told = [
            litert(model, x, ys, OpResolverType.AUTO),
            litert(model, x, ys, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES),
            micro(model, x, ys),
        ]
        over, under = (x.astype(float) - zero_x) * scale_x, (y - zero_y) * scale_y
        true = np.clip(np.round(over / under / scale + zero), -128, 127)
        off = [np.abs(answer - true) for answer in told]
        wrong += [(distance > 2).sum() for distance in off]
        at = off[0].argmax()
        if off[0].max() > furthest[0]:
            answer = (int(told[0].flat[at]) - zero) * scale
            line = f"{over.flat[at]:.3f} / {under:.3f} is told as {answer:.2f}"
            furthest = float(off[0].max()), line
total = (128 - least) * 256
print(f"of {total} quotients wrong by more than two steps: {wrong[0]} on ai-edge-litert,")
print(f"{wrong[1]} without XNNPACK, {wrong[2]} on tflite-micro")
print(f"furthest, by {furthest[0]:.0f} steps: {furthest[1]}")
assert furthest[0] > 250, "quotients are right now"
assert wrong[0] == wrong[1] == wrong[2] > 50
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/quotient.py" 2> /dev/null | grep quot -A2
