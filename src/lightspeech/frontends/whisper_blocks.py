"""The first blocks of a Whisper encoder, waveform to hidden states, in what exports and quantizes.

The same numbers as ``transformers`` gives without padding to 30 s (Radford et al. 2022, sec. 2.2),
with everything in the graph: log-mel, the stem as matrix products, positions computed rather than
stored, blocks whose heads and feed-forward units may be fewer than they were.
"""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech.frontends import whisper_block
from lightspeech.frontends.whisper_log_mel import HOP, Level, LogMel

STRIDE = 2 * HOP
"""Samples a hidden state: the stem halves the frame rate."""


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
    blocks = map(whisper_block.taken_over, model.layers[:last])
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
