#!/usr/bin/env bash
# litert-torch 0.10.0 (litert-converter 0.5.0, torch 2.13.0): the weights of a product behind a
# layer norm are not in the .tflite file, if the product has a bias.
#
# Guess: a converter that is asked for no quantization writes the weights of a Linear as they are,
# or transposed; factors of a norm before it are an operation of their own. So whoever rounds
# weights of the file to int8, for instance with ai-edge-quantizer behind the conversion, rounds
# the weights that were trained, by the scales that were found for them.
#
# Seen: the factors of the norm are multiplied into the columns of the weights, and its bias is
# moved into that of the product. In floats the answers are the same. Without a bias of its own the
# product is left alone, so that of the query, key and value of one block of Whisper, whose keys
# have none, two are changed and one is not. Factors that differ by a lot between columns make the
# int8 steps of a row coarser: an encoder of speech whose weights were int8 already was rounded anew
# in six of fourteen products, and its answers strayed about four times as far as with the integers
# that it had.
#
# Fails if the weights behind a norm are in the file as they were trained, with a bias, or are not,
# without one, or if answers differ in floats.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0
"$folder/venv/bin/pip" install -q torch==2.13.0 litert-torch==0.10.0 litert-converter==0.5.0 \
  ai-edge-litert==2.3.0
cat > "$folder/norm.py" <<'PYTHON'
import sys

import litert_torch
import numpy as np
import torch
from ai_edge_litert.interpreter import Interpreter
from torch import nn

N_IN, N_OUT = 8, 4


@torch.no_grad()
def converted(bias, path):
    """Whether the file has the weights as they were trained, and multiplied by the norm."""
    norm, product = nn.LayerNorm(N_IN), nn.Linear(N_IN, N_OUT, bias=bias)
    nn.init.uniform_(norm.weight, 0.5, 3)
    nn.init.normal_(norm.bias)
    network, heard = nn.Sequential(norm, product).eval(), torch.randn(1, 5, N_IN)
    litert_torch.convert(network, (heard,)).export(path)
    interpreter = Interpreter(path)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], heard.numpy())
    interpreter.invoke()
    answer = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(answer, network(heard).numpy(), atol=1e-5)
    [table] = (
        interpreter.get_tensor(each["index"])
        for each in interpreter.get_tensor_details()
        if list(each["shape"]) == [N_OUT, N_IN]
    )
    trained = product.weight.numpy()
    return np.allclose(table, trained), np.allclose(table, trained * norm.weight.numpy())


torch.manual_seed(0)
for bias, expected in ((True, (False, True)), (False, (True, False))):
    found = converted(bias, f"{sys.argv[1]}/{bias}.tflite")
    print(f"bias: {bias}; as trained: {found[0]}; multiplied by the norm: {found[1]}", flush=True)
    assert found == expected, "the converter has changed"
PYTHON
"$folder/venv/bin/python" "$folder/norm.py" "$folder" 2> /dev/null | grep bias
