"""Which parts of an encoder are trained: all, its last blocks, or low-rank adapters of these."""

import re
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from lightspeech.errors import ConfigError, MissingExtra
from lightspeech.frontends.encoder_folder import SHORTEST
from lightspeech.frontends.trained_encoder import LORA_LAYERS, USUAL_LORA


class Checkpointed(nn.Module):
    """A block that computes its inside again on the way back, instead of keeping it."""

    def __init__(self, block: nn.Module) -> None:
        """Take the block as it is."""
        super().__init__()
        self.block = block

    def forward(self, *inputs: Tensor, **named: Any) -> Any:
        """Do what the block does.

        Args:
            inputs: hidden states first, shape ``(batch, states, width)``.
            named: what else the block takes.

        Returns:
            What the block gives.
        """
        if not self.training:
            return self.block(*inputs, **named)
        return checkpoint(self.block, *inputs, use_reentrant=False, **named)


def train_blocks(encoder: nn.Module, count: int | None) -> list[int]:
    """Let the last blocks of an encoder learn, in place; all but the convolutions where all do.

    Args:
        encoder: frozen.
        count: so many of the last blocks; None: all, with what stands around them.

    Returns:
        Numbers of the blocks.

    Raises:
        ConfigError: if it has fewer.
    """
    blocks: Any = encoder.blocks
    if count is not None and count > len(blocks):
        raise ConfigError(
            f"model.blocks={count} of an encoder of {len(blocks)} that are computed; write 0 to "
            f"{len(blocks)}, or leave it out to train all"
        )
    if count is None:
        encoder.requires_grad_(True)
        encoder.stem.requires_grad_(False)
        return list(range(len(blocks)))
    numbers = list(range(len(blocks) - count, len(blocks)))
    for number in numbers:
        blocks[number].requires_grad_(True)
    return numbers


def adapt(
    encoder: nn.Module, kind: str, numbers: list[int], *, rank: int, layers: tuple[str, ...]
) -> None:
    """Put low-rank adapters (Hu et al. 2022, LoRA) into blocks, which alone learn from then on.

    Args:
        encoder: changed in place.
        kind: as ``transformers`` names it.
        numbers: of the blocks, one or more.
        rank: of the adapters, 1 or above.
        layers: names of linear layers of a block; none: query and value, in a WavLM those of the
            feed-forward part.

    Raises:
        ConfigError: if there is no block, or one has no such layers, or they cannot be reached.
        MissingExtra: if peft is not installed.
    """
    try:
        import peft
    except ModuleNotFoundError:
        raise MissingExtra("LoRA", "finetune") from None
    if not numbers:
        raise ConfigError("model.lora with model.blocks=0 adapts nothing; leave one of them out")
    layers = layers or LORA_LAYERS.get(kind, USUAL_LORA)
    blocks: Any = encoder.blocks
    reached = _called(encoder, [blocks[number] for number in numbers])
    if missing := [name for name in layers if name not in reached]:
        raise ConfigError(
            f"model.lora_layers: blocks of a {kind} have no {missing[0]!r} that LoRA reaches; "
            f"choose of {sorted(reached)}"
        )
    places, names = "|".join(map(str, numbers)), "|".join(map(re.escape, layers))
    cfg = peft.LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules=rf"blocks\.({places})\.(.*\.)?({names})"
    )
    peft.inject_adapter_in_model(cfg, encoder)


@torch.no_grad()
def _called(encoder: Any, blocks: list[nn.Module]) -> set[str]:
    """Name the linear layers of blocks that are called: some attentions read weights past them."""
    called: set[str] = set()
    linear = {
        part: name.rpartition(".")[2]
        for block in blocks
        for name, part in block.named_modules()
        if isinstance(part, nn.Linear)
    }
    hooks = [
        part.register_forward_hook(lambda layer, *_: called.add(linear[layer])) for part in linear
    ]
    encoder.hidden_states(encoder.features(torch.zeros(1, SHORTEST)))
    for hook in hooks:
        hook.remove()
    return called
