"""One block of a Whisper encoder, whose heads and feed-forward units may be fewer than they were.

`lightspeech shrink` leaves blocks in a file; those of ``transformers`` are taken over.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech.errors import ConfigError


class Block(nn.Module):
    """Self-attention and feed-forward, each with a layer norm before and a residual around it."""

    def __init__(self, width: int, n_heads: int, heads_width: int, units: int) -> None:
        """Draw fresh weights.

        Args:
            width: of the states.
            n_heads: of the attention.
            heads_width: of all heads together; ``width`` but where some were removed.
            units: of the feed-forward part.
        """
        super().__init__()
        self.n_heads = n_heads
        self.first_norm, self.second_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query = nn.Linear(width, heads_width)
        self.key = nn.Linear(width, heads_width, bias=False)
        self.value = nn.Linear(width, heads_width)
        self.out = nn.Linear(heads_width, width)
        self.widen, self.narrow = nn.Linear(width, units), nn.Linear(units, width)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Compute the next hidden states.

        Args:
            x: hidden states, shape ``(batch, states, width)``.
            mask: added to the scores of each state, shape ``(batch, 1, 1, states)``.

        Returns:
            Shape ``(batch, states, width)``.
        """
        x = x + self.out(self.attend(self.first_norm(x), mask))
        states: Tensor = x + self.narrow(self.units(self.second_norm(x)))
        return states

    def attend(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Compute what the heads add up, side by side.

        Args:
            x: normalized hidden states, shape ``(batch, states, width)``.
            mask: added to the scores of each state, shape ``(batch, 1, 1, states)``.

        Returns:
            Shape ``(batch, states, heads * size)``.
        """
        q, k, v = (
            layer(x).unflatten(2, (self.n_heads, -1)).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )  # (B, H, T, D)
        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
        weights = (scores if mask is None else scores + mask).softmax(3)
        values: Tensor = (weights @ v).transpose(1, 2).flatten(2)
        return values

    def units(self, x: Tensor) -> Tensor:
        """Compute the activations of the units of the feed-forward part.

        Args:
            x: normalized hidden states, shape ``(batch, states, width)``.

        Returns:
            Shape ``(batch, states, units)``.
        """
        return F.gelu(self.widen(x))


def taken_over(layer: Any) -> Block:
    """Make a block of one of ``transformers``, with its weights."""
    attention = layer.self_attn
    block = Block(layer.embed_dim, attention.num_heads, layer.embed_dim, layer.fc1.out_features)
    block.first_norm, block.second_norm = layer.self_attn_layer_norm, layer.final_layer_norm
    block.query, block.key = attention.q_proj, attention.k_proj
    block.value, block.out = attention.v_proj, attention.out_proj
    block.widen, block.narrow = layer.fc1, layer.fc2
    return block


def read(file: Path) -> nn.ModuleList:
    """Read blocks that `lightspeech shrink` left in floats, one after the other.

    Raises:
        ConfigError: if the file is damaged.
    """
    try:
        with safe_open(file, framework="pt") as opened:
            heads = int(opened.metadata()["heads"])
            weights = {name: opened.get_tensor(name) for name in opened.keys()}
        return filled(weights, heads)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"{file}: damaged ({reason}); make the encoder anew") from None


def filled(weights: Mapping[str, Tensor], heads: int) -> nn.ModuleList:
    """Build blocks of their weights, as many as there are.

    Args:
        weights: by the number of a block and the name in it, as ``0.out.weight``.
        heads: of the attention of each.

    Raises:
        LookupError: if a block has no feed-forward part.
        RuntimeError: if weights of a block are missing, or do not fit each other.
    """
    blocks = nn.ModuleList()
    while f"{len(blocks)}.out.weight" in weights:
        width, heads_width = weights[f"{len(blocks)}.out.weight"].shape
        units = len(weights[f"{len(blocks)}.widen.weight"])
        blocks.append(Block(width, heads, heads_width, units))
    blocks.load_state_dict(weights)
    return blocks
