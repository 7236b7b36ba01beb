#!/usr/bin/env bash
# onnxruntime 1.31.1: a Transpose that carries an axis of one between the two it swaps takes many
# times as long as one that leaves this axis aside, though both move the same bytes to the same
# places.
#
# Guess: an axis of one is nowhere in memory, so [1, n, 1, m] by perm 0, 3, 2, 1 and by perm
# 0, 2, 3, 1 are the same swap of n and m, and take the same time; at most the shape that is written
# down differs.
#
# Seen: the numbers are the same, the first takes 10 to 17 times as long in float32 and 20 to 40
# times in uint8 (n = m = 256 to 1000). Networks over time that are written with two-dimensional
# convolutions meet it: where the optimizer joins its own turns for channels-last kernels with those
# of the model, perm 0, 3, 2, 1 is what comes out.
#
# Fails if the slow one takes less than four times as long as the quick one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q onnxruntime==1.31.1 onnx==1.23.2 numpy==2.4.6
cat > "$folder/turn.py" <<'PYTHON'
import time

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

N, M, ROUNDS = 512, 500, 60
AROUND, ASIDE = (0, 3, 2, 1), (0, 2, 3, 1)
KINDS = {"float32": TensorProto.FLOAT, "uint8": TensorProto.UINT8}


def session(kind, perm):
    shape = [1, N, 1, M]
    given = helper.make_tensor_value_info("x", KINDS[kind], shape)
    told = helper.make_tensor_value_info("y", KINDS[kind], None)
    turn = helper.make_node("Transpose", ["x"], ["y"], perm=perm)
    graph = helper.make_graph([turn], "turn", [given], [told])
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, ["CPUExecutionProvider"]
    )


def timed(running, x):
    begin = time.process_time()
    running.run(None, {"x": x})
    return time.process_time() - begin


for kind in KINDS:
    x = np.random.default_rng(0).integers(0, 200, (1, N, 1, M)).astype(kind)
    ways = [session(kind, perm) for perm in (AROUND, ASIDE)]
    first, second = (running.run(None, {"x": x})[0].ravel() for running in ways)
    assert np.array_equal(first, second)
    times = [[timed(running, x) for running in ways] for _ in range(ROUNDS)]
    slow, quick = np.median(times, axis=0)
    print(f"{kind}: {slow * 1e6:.0f} us around the axis of one, {quick * 1e6:.0f} us beside it")
    assert slow > 4 * quick, f"{kind}: both take about as long now"
PYTHON
"$folder/venv/bin/python" "$folder/turn.py"
