#!/usr/bin/env bash
# torch 2.13.0 with safetensors 0.8.0: a training resumed with AdamW(fused=True) on a processor goes
# wrong without a word where weights are channels_last.
#
# Guess: load_state_dict of an optimizer takes moments of the right shape, whatever their strides, as
# the plain AdamW does, and the resumed training has the same bits as one that was never cut; if the
# fused kernel could not take them, it would say so, as for another type or device.
#
# Seen: a file of safetensors keeps no strides, so moments come back contiguous beside weights that
# are channels_last. The plain optimizer goes on with the same bits. The fused one reads all by
# their places in memory: each weight is moved by the moments of another, by up to four times the
# learning rate here. torch.save keeps strides, and nothing goes wrong.
#
# Fails if the fused optimizer goes on as the plain one does, or refuses.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 safetensors==0.8.0 numpy==2.4.6
cat > "$folder/resume.py" <<'PYTHON'
import sys

import torch
from safetensors.torch import load_file, save_file

RATE = 1e-2


def through_file(state, path):
    """Write moments to a file of tensors and read them back, as a checkpoint does."""
    flat = {f"{i}.{k}": t.contiguous() for i, s in state["state"].items() for k, t in s.items()}
    save_file(flat, path)
    back = load_file(path)
    moments = {i: {k: back[f"{i}.{k}"] for k in s} for i, s in state["state"].items()}
    return {**state, "state": moments}


def trained(fused, cut):
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(3, 4, 2, bias=False).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(layer.parameters(), RATE, fused=fused)
    x = torch.randn(8, 3, 6, 6)
    for step in range(6):
        if cut and step == 3:
            optimizer.load_state_dict(through_file(optimizer.state_dict(), sys.argv[1]))
        optimizer.zero_grad()
        layer(x).square().mean().backward()
        optimizer.step()
    return layer.weight.detach().clone()


apart = {fused: (trained(fused, True) - trained(fused, False)).abs().max() for fused in (0, 1)}
print(f"resumed and never cut are apart by: plain {apart[0]:.1e}, fused {apart[1]:.1e}")
assert apart[0] == 0
assert apart[1] > RATE / 2, "fused AdamW goes on as the plain one does"
PYTHON
"$folder/venv/bin/python" "$folder/resume.py" "$folder/moments.safetensors"
