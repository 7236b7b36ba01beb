#!/usr/bin/env bash
# torch 2.13.0 with onnx 1.23.2 and onnxscript 0.7.2: log(x + 1e-9) is exported as log(x).
#
# Guess: a constant that a network adds is in the ONNX file, however small: the usual log(x + 1e-9)
# is a finite number for x = 0, in torch and on onnxruntime alike.
#
# Seen: `torch.onnx.export(dynamo=True)` takes what is within about 1e-8 of zero for zero and leaves
# the addition out, as it would x + 0; with `optimize=False` it stays. Torch gives -20.7 for silence,
# the exported model minus infinity, and what stands behind it NaN. 1e-7 is kept. Nothing is said.
#
# Fails if the addition of 1e-9 is kept, or that of 1e-7 is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.31.1
cat > "$folder/floor.py" <<'PYTHON'
import numpy as np
import onnxruntime
import torch
from torch import nn


class Logarithm(nn.Module):
    def __init__(self, floor):
        super().__init__()
        self.floor = floor

    def forward(self, x):
        return torch.log(x + self.floor)


def answered(floor, **options):
    silence = torch.zeros(1)
    network = Logarithm(floor)
    program = torch.onnx.export(
        network, (torch.ones(1),), dynamo=True, verbose=False, input_names=["x"], **options
    )
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
    [found] = session.run(None, {"x": silence.numpy()})
    return float(network(silence)), float(found[0])


for floor in (1e-9, 1e-7):
    torch_says, onnx_says = answered(floor)
    print(f"log(0 + {floor:g}): torch {torch_says:.1f}, exported {onnx_says:.1f}")
assert answered(1e-9)[1] == -np.inf, "the addition is there now"
assert np.isclose(*answered(1e-9, optimize=False))
assert np.isclose(*answered(1e-7))
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/floor.py" 2> /dev/null | grep -v '^\[torch'
