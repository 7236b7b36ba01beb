#!/usr/bin/env bash
# torch 2.13.0 with onnx 1.23.2 and onnxscript 0.7.2: the file of a network depends on its weights.
#
# Guess: two networks of one architecture export to ONNX files of the same operations and the same
# size; only the numbers differ. So the size of a model can be told before it is trained.
#
# Seen: `torch.onnx.export(dynamo=True)` folds a batch norm into the convolution before it, and
# where the bias that results is all zero, as in every network that was never trained, it leaves the
# bias out. An untrained network of twelve layers is 1,188 bytes smaller than the same one with any
# other statistics, with four constants instead of eight. Whoever plans flash by an untrained export
# plans too little.
#
# Fails if the two files agree.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 onnx==1.23.2 onnxscript==0.7.2
cat > "$folder/size.py" <<'PYTHON'
import torch
from torch import nn


def network(trained):
    torch.manual_seed(0)
    layers = []
    for _ in range(4):
        conv = nn.Conv1d(64, 64, 1, groups=64, bias=False)
        layers += [conv, nn.BatchNorm1d(64), nn.ReLU()]
    made = nn.Sequential(*layers).eval()
    if trained:
        with torch.no_grad():
            for value in made.state_dict().values():
                if value.is_floating_point():
                    value.copy_(torch.rand_like(value) + 0.5)
    return made


def exported(trained):
    example = (torch.zeros(2, 64, 10),)
    program = torch.onnx.export(network(trained), example, dynamo=True, verbose=False)
    model = program.model_proto
    return len(model.graph.initializer), len(model.SerializeToString())


fresh, trained = exported(False), exported(True)
print(f"untrained: {fresh[0]} constants, {fresh[1]} bytes")
print(f"trained:   {trained[0]} constants, {trained[1]} bytes")
assert fresh[0] == 4 and trained[0] == 8, "the bias is there now, or in neither"
assert fresh[1] < trained[1]
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/size.py" 2> /dev/null
