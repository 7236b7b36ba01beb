#!/usr/bin/env bash
# transformers 5.23.0 with torch 2.13.0: a BERT on the meta device computes shapes without an
# attention mask, and refuses with one.
#
# Guess: on `torch.device("meta")` a model has no numbers, only shapes. That is how parameters,
# memory and multiplications are counted without loading anything. A mask is an input like the
# tokens, so that the forward pass goes through with it as it does without.
#
# Seen: before its first layer the model asks what the mask holds, which on this device nobody
# knows: "Tensor.item() cannot be called on meta tensors", with either attention implementation. A
# mask of four axes, ready to be added to the scores, is not asked and goes through.
#
# Fails if a plain mask goes through on the meta device, or a ready one does not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 transformers==5.23.0
cat > "$folder/meta.py" <<'PYTHON'
import torch
from transformers import BertConfig, BertModel

SIZES = {
    "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64,
    "vocab_size": 100,
}
TOKENS = 7


def told(attention, mask):
    """The shape of the states, or what is raised instead."""
    with torch.device("meta"):
        model = BertModel(BertConfig(**SIZES)).eval()
        model.set_attn_implementation(attention)
        try:
            given = {"input_ids": torch.zeros(1, TOKENS, dtype=torch.long), "attention_mask": mask}
            return tuple(model(**given).last_hidden_state.shape)
        except RuntimeError as error:
            return str(error)


with torch.device("meta"):
    masks = {
        "no mask": None,
        "plain": torch.ones(1, TOKENS, dtype=torch.long),
        "ready": torch.zeros(1, 1, TOKENS, TOKENS),
    }
for attention in ("eager", "sdpa"):
    found = {name: told(attention, mask) for name, mask in masks.items()}
    for name, answer in found.items():
        print(f"{attention}, {name}: {answer}")
    assert found["no mask"] == found["ready"] == (1, TOKENS, 32)
    assert "meta" in str(found["plain"]), "a plain mask goes through now"
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/meta.py" 2> /dev/null
