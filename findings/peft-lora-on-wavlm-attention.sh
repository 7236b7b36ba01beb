#!/usr/bin/env bash
# peft 0.21.2 with transformers 5.23.0 and torch 2.13.0: LoRA in the attention of a WavLM learns
# nothing, and nobody says so.
#
# Guess: an adapter that `get_peft_model` puts into `q_proj` and `v_proj`, the layers that most
# recipes name, is a part of what the model computes, as it is in a wav2vec2 or a HuBERT: what its
# second matrix holds changes the answer, and it has a gradient. If it could not be, peft would
# refuse, as it does where no layer has such a name.
#
# Seen: WavLM hands `self.q_proj.weight` and its neighbours to
# `torch.nn.functional.multi_head_attention_forward` and never calls the layers. An adapted layer
# answers `.weight` with the weight it wraps, so its adapter is never asked: it has no gradient, and
# the answer is the same to the bit whatever it holds, yet it is counted as trainable. A training by
# this recipe changes the head alone, and after merging the weights it would answer otherwise.
#
# Fails if an adapter of a WavLM is asked now, or that of a wav2vec2 is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 transformers==5.23.0 peft==0.21.2
cat > "$folder/lora.py" <<'PYTHON'
import torch
from peft import LoraConfig, get_peft_model
from transformers import Wav2Vec2Config, Wav2Vec2Model, WavLMConfig, WavLMModel

SIZES = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48,
    "conv_dim": (16, 16), "conv_kernel": (10, 8), "conv_stride": (5, 8), "layerdrop": 0.0,
    "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2,
}


def asked(config, kind):
    """Adapters with a gradient, all adapters, and whether the answer depends on them."""
    torch.manual_seed(0)
    model = get_peft_model(
        kind(config(**SIZES)), LoraConfig(r=2, target_modules=["q_proj", "v_proj"])
    ).eval()
    waveform, head = torch.randn(1, 8_000), torch.nn.Linear(32, 2)
    adapters = {n: p for n, p in model.named_parameters() if "lora_" in n}
    before = model(waveform).last_hidden_state
    with torch.no_grad():
        for parameter in adapters.values():
            parameter.normal_()
    after = model(waveform).last_hidden_state
    head(after).square().sum().backward()
    reached = [n for n, p in adapters.items() if p.grad is not None and p.grad.any()]
    return len(reached), len(adapters), not torch.equal(before, after)


of_wav2vec2, of_wavlm = asked(Wav2Vec2Config, Wav2Vec2Model), asked(WavLMConfig, WavLMModel)
for name, (reached, total, depends) in {"wav2vec2": of_wav2vec2, "WavLM": of_wavlm}.items():
    print(f"{name}: {reached} of {total} adapter matrices have a gradient; answer depends: {depends}")
assert of_wav2vec2 == (8, 8, True)
assert of_wavlm == (0, 8, False), "adapters of a WavLM are asked now"
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/lora.py" 2> /dev/null
