"""The first blocks of a Whisper encoder, waveform to hidden states, in what exports and quantizes.

The same numbers as ``transformers`` gives without padding to 30 s (Radford et al. 2022, sec. 2.2),
with everything in the graph: log-mel, the stem as matrix products, positions computed rather than
stored, blocks whose heads and feed-forward units may be fewer than they were.
"""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech.errors import ConfigError

N_FFT, HOP = 400, 160
STRIDE = 2 * HOP
"""Samples a hidden state: the stem halves the frame rate."""
DECADES = 8
"""Below the loudest that are heard."""
Level = Literal["kept", "loudest"]
FAINTEST: dict[Level, float] = {"kept": 1e-10, "loudest": 1e-18}
"""Least energy of a band: relative to the loudest, far less counts."""
LOUDEST = 1.5
"""What the loudest band becomes where gain is no cue: about that of speech near full scale."""


class LogMel(nn.Module):
    """Whisper's log-mel of a clip, its dynamic range limited to `DECADES` below the loudest.

    Attributes:
        window: shape ``(N_FFT,)``.
        mel: bins to bands, shape ``(N_FFT // 2 + 1, bands)``.
    """

    window: Tensor
    mel: Tensor

    def __init__(self, mel: Tensor, level: Level = "kept") -> None:
        """Take the mel matrix.

        Args:
            mel: shape ``(N_FFT // 2 + 1, bands)``.
            level: ``kept`` as Whisper hears, to whom gain is a cue; ``loudest``: all is relative to
                the loudest band of the clip, and digital silence lies at the end of what is heard.
        """
        super().__init__()
        self.level: Level = level
        self.register_buffer("window", torch.hann_window(N_FFT))
        self.register_buffer("mel", mel)

    def forward(self, waveform: Tensor) -> Tensor:
        """Compute the log-mel of waveforms.

        Args:
            waveform: 16 kHz, a whole number of strides long, shape ``(batch, samples)``.

        Returns:
            Shape ``(batch, frames, bands)``.
        """
        padded = F.pad(waveform[:, None], (N_FFT // 2, N_FFT // 2), mode="reflect")[:, 0]
        bins = torch.stft(
            padded, N_FFT, HOP, window=self.window, center=False, return_complex=True
        )  # (B, bins, T + 1)
        return self.of_energy((bins.real**2 + bins.imag**2)[:, :, :-1].transpose(1, 2))

    def of_energy(self, energy: Tensor) -> Tensor:
        """Compute the log-mel of the squared magnitudes of all bins.

        Args:
            energy: shape ``(batch, frames, N_FFT // 2 + 1)``.

        Returns:
            Shape ``(batch, frames, bands)``.
        """
        faintest = FAINTEST[self.level]
        log_mel = torch.log10((energy @ self.mel).clamp(min=faintest))
        least = math.log10(faintest) + DECADES
        loudest = log_mel.amax((1, 2), keepdim=True).clamp(min=least)
        heard = torch.maximum(log_mel, loudest - DECADES)
        return (heard + 4) / 4 if self.level == "kept" else (heard - loudest) / 4 + LOUDEST


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


def mel_matrix(extractor: Any) -> Tensor:
    """Give the mel matrix of a feature extractor, shape ``(N_FFT // 2 + 1, bands)``."""
    return torch.from_numpy(np.array(extractor.mel_filters, np.float32))


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


class WhisperBlocks(nn.Module):
    """Waveform to the hidden states of the first blocks.

    Attributes:
        rates: of the angles that positions turn by from state to state, shape ``(width / 2,)``.
    """

    rates: Tensor

    def __init__(
        self,
        log_mel: nn.Module,
        stem: Iterable[nn.Linear],
        blocks: Iterable[nn.Module],
        norm: nn.Module | None = None,
        *,
        first: int,
    ) -> None:
        """Put parts together.

        Args:
            log_mel: waveform to log-mel.
            stem: the two products that look at three frames each.
            blocks: those that are kept.
            norm: behind the last block; None: there is none.
            first: first hidden state given; 0 is what the first block reads.
        """
        super().__init__()
        self.log_mel, self.first, self.in_half = log_mel, first, False
        products = list(stem)
        self.stem = nn.ModuleList(products)
        self.blocks = nn.ModuleList(blocks)
        self.norm = norm or nn.Identity()
        half = products[1].out_features // 2
        rates = torch.exp(-math.log(10_000) / (half - 1) * torch.arange(half))
        self.register_buffer("rates", rates)

    def forward(self, waveform: Tensor) -> Tensor:
        """Compute the hidden states of waveforms.

        Args:
            waveform: 16 kHz, shape ``(batch, samples)``.

        Returns:
            Shape ``(batch, layers, states, width)``.
        """
        return torch.stack(self.hidden_states(self.features(waveform))[self.first :], 1)

    def features(self, waveform: Tensor) -> Tensor:
        """Compute what the stem gives.

        Args:
            waveform: 16 kHz, shape ``(batch, samples)``.

        Returns:
            Shape ``(batch, states, width)``.
        """
        waveform = F.pad(waveform, (0, -waveform.shape[1] % STRIDE))
        log_mel = self.log_mel(waveform)
        if self.in_half:
            log_mel = log_mel.half()
        return _convolve(_convolve(log_mel, self.stem[0], stride=1), self.stem[1], stride=2)

    def hidden_states(self, features: Tensor) -> list[Tensor]:
        """Compute all hidden states.

        Args:
            features: as of `features`, shape ``(batch, states, width)``.

        Returns:
            Shape ``(batch, states, width)`` each, from what the first block reads on.
        """
        angles = torch.arange(features.shape[1], device=self.rates.device)[:, None] * self.rates
        positions = torch.cat([angles.sin(), angles.cos()], 1)
        states = [features + positions.to(features.dtype)]
        for block in self.blocks:
            states.append(block(states[-1]))
        states[-1] = self.norm(states[-1])
        return states

    def half(self) -> "WhisperBlocks":
        """Compute in 16 bits, but for log-mel and positions, whose ranges need 32."""
        for part in (self.stem, self.blocks, self.norm):
            part.half()
        self.in_half = True
        return self


def of_model(
    model: Any, mel: Tensor, *, first: int, last: int, level: Level = "kept"
) -> WhisperBlocks:
    """Take over the weights of a ``transformers`` encoder.

    Args:
        model: a ``WhisperEncoder``; where all of its blocks are kept, the norm behind them too.
        mel: matrix of its feature extractor, shape ``(N_FFT // 2 + 1, bands)``.
        first: first hidden state given; 0 is what the first block reads.
        last: last one; later blocks are left out.
        level: as of `LogMel`.
    """
    stem = (_as_product(conv) for conv in (model.conv1, model.conv2))
    blocks = map(taken_over, model.layers[:last])
    norm = model.layer_norm if last == len(model.layers) else None
    return WhisperBlocks(LogMel(mel, level), stem, blocks, norm, first=first)


def _as_product(conv: nn.Conv1d) -> nn.Linear:
    """A convolution over three frames as a matrix product: those quantize a channel at a time."""
    product = nn.Linear(3 * conv.in_channels, conv.out_channels)
    weight = conv.weight.transpose(1, 2).flatten(1)  # (out, 3 * in)
    product.load_state_dict({"weight": weight, "bias": conv.bias})
    return product


def _convolve(x: Tensor, product: nn.Module, *, stride: int) -> Tensor:
    """Look at each frame and its neighbours: ``(B, T, in)`` to ``(B, T / stride, out)``."""
    n = x.shape[1]
    padded = F.pad(x, (0, 0, 1, 1))
    triples = torch.cat([padded[:, i : i + n : stride] for i in range(3)], 2)
    return F.gelu(product(triples))
