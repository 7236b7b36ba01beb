"""Encoders of ``transformers`` as modules that train and export: waveform to hidden states.

One interface over all kinds: ``features`` is the convolutional part, which is never trained,
``hidden_states`` the transformer over it, whose ``blocks`` are.
"""

from typing import Any

from torch import Tensor, nn

from lightspeech.errors import ConfigError
from lightspeech.frontends import pretrained, whisper_blocks
from lightspeech.frontends.whisper_log_mel import mel_matrix

LORA_LAYERS = {"whisper": ("query", "value"), "wavlm": ("intermediate_dense", "output_dense")}
"""Layers of a block that LoRA adapts where a recipe names none, by kind of encoder."""
USUAL_LORA = ("q_proj", "v_proj")


class RawBlocks(nn.Module):
    """wav2vec2, HuBERT, WavLM or data2vec: the same hidden states as ``transformers`` gives."""

    def __init__(self, model: Any, *, normalize: bool, last: int) -> None:
        """Take over the modules of an encoder.

        Args:
            model: of ``transformers``.
            normalize: whether each waveform is brought to mean 0 and variance 1 first.
            last: last hidden state given; later blocks are left out.
        """
        super().__init__()
        encoder = model.encoder
        model.feature_extractor._freeze_parameters()  # else it asks for gradients of its input
        self.convolutions, self.projection = model.feature_extractor, model.feature_projection
        self.positions, self.norm, self.dropout = (
            encoder.pos_conv_embed, encoder.layer_norm, encoder.dropout,
        )  # fmt: skip
        self.blocks = nn.ModuleList(encoder.layers[:last])
        self.normalize = normalize
        self.norm_first = not getattr(model.config, "do_stable_layer_norm", False)
        self.norm_last = not self.norm_first and last == len(encoder.layers)
        self.relative = model.config.model_type == "wavlm"

    @property
    def stem(self) -> nn.Module:
        """The convolutional part."""
        stem: nn.Module = self.convolutions
        return stem

    def features(self, waveform: Tensor) -> Tensor:
        """Compute what the transformer is given.

        Args:
            waveform: 16 kHz, shape ``(batch, samples)``.

        Returns:
            Shape ``(batch, states, channels)``.
        """
        if self.normalize:
            mean = waveform.mean(1, keepdim=True)
            variance = (waveform - mean).square().mean(1, keepdim=True)
            waveform = (waveform - mean) / (variance + 1e-7).sqrt()
        dtype = next(self.convolutions.parameters()).dtype
        features: Tensor = self.convolutions(waveform.to(dtype))
        return features.transpose(1, 2)

    def hidden_states(self, features: Tensor) -> list[Tensor]:
        """Compute all hidden states up to the last one.

        Args:
            features: as of `features`, shape ``(batch, states, channels)``.

        Returns:
            Shape ``(batch, states, width)`` each, the first of them before the first block.
        """
        projected = self.projection(features)
        x = projected[0] if isinstance(projected, tuple) else projected
        x = x + self.positions(x)
        x = self.dropout(self.norm(x) if self.norm_first else x)
        states, bias = [x], None
        for block in self.blocks:
            if self.relative:
                x, bias = block(x, position_bias=bias)[:2]
            else:
                x = block(x)
            states.append(x)
        if self.norm_last:
            states[-1] = self.norm(states[-1])
        return states


def load(source: str, last: int | None) -> tuple[nn.Module, str, int]:
    """Load an encoder, frozen.

    Args:
        source: folder or hub name.
        last: last hidden state that is computed; None: of all blocks.

    Returns:
        `RawBlocks` or `WhisperBlocks`, its kind as ``transformers`` names it, and its width.

    Raises:
        ConfigError: if it is not there, not whole, of another kind, or has fewer blocks.
        MissingExtra: if transformers is not installed.
    """
    about, model, extractor = pretrained.pretrained(source)
    blocks = model.layers if about.model_type == "whisper" else model.encoder.layers
    if last is not None and not 0 < last <= len(blocks):
        raise ConfigError(
            f"model.last={last} of an encoder of {len(blocks)} blocks; write 1 to {len(blocks)}, "
            "or leave it out"
        )
    kept = len(blocks) if last is None else last
    if about.model_type == "whisper":
        encoder: nn.Module = whisper_blocks.of_model(
            model, mel_matrix(extractor), first=0, last=kept
        )
    else:
        encoder = RawBlocks(model, normalize=extractor.do_normalize, last=kept)
    return encoder.requires_grad_(False), about.model_type, about.hidden_size
