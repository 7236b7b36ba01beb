#!/usr/bin/env bash
# onnxruntime 1.31.1 from its wheel, on Linux: it keeps a database of events, and calling the
# function that is to stop it does not.
#
# Guess: telemetry is of Windows, as its documents of earlier versions say; and after
# `onnxruntime.disable_telemetry_events()`, called before any model is loaded, nothing is kept.
#
# Seen: a process that loads one model leaves a database of events below `~/.cache` and a `.ses`
# file with an identifier in the temporary folder, with and without that call. With
# `ORT_DISABLE_TELEMETRY=1` in the environment before the import there is neither.
#
# Fails if any of the three leaves something else.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q onnxruntime==1.31.1 onnx==1.23.2
cat > "$folder/load.py" <<'PYTHON'
import sys
import time

import onnxruntime
from onnx import TensorProto, helper

if "disable" in sys.argv:
    onnxruntime.disable_telemetry_events()
ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "relu", ends[:1], ends[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
time.sleep(3)
PYTHON
left() { # what a process leaves in a home and a temporary folder of its own
  mkdir -p "$folder/$1/home" "$folder/$1/tmp"
  env HOME="$folder/$1/home" TMPDIR="$folder/$1/tmp" "${@:3}" \
    "$folder/venv/bin/python" "$folder/load.py" "$2"
  (cd "$folder/$1" && find . -type f | sed 's|.*/||' | sort | tr '\n' ' ')
}
plain=$(left plain "")
disabled=$(left disabled disable)
switched=$(left switched "" ORT_DISABLE_TELEMETRY=1)
echo "as it comes:                  ${plain:-nothing}"
echo "disable_telemetry_events():   ${disabled:-nothing}"
echo "ORT_DISABLE_TELEMETRY=1:      ${switched:-nothing}"
[[ -n $plain && -n $disabled && -z $switched ]]
