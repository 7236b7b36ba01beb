"""Head of the teacher, over the hidden states of a frozen encoder.

Attentive statistics pooling (Okabe et al. 2018, arXiv 1803.10963) with several heads, over a
learned mix of layers (Peters et al. 2018, eq. 1, as in SUPERB). Differs: each head takes the
statistics of its own slice of a narrow layer, so 103,376 parameters do for 8 classes over
whisper-base; encoders side by side have their statistics side by side. Any encoder that
`lightspeech.data.encoder` reads will do, not only Whisper.
"""

from dataclasses import replace

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from lightspeech.audio.encoder import Encoder
from lightspeech.audio.frontend import FrontEnd
from lightspeech.audio.windows import Windows
from lightspeech.config import config
from lightspeech.errors import ConfigError

FRONTEND = FrontEnd()
"""Of the sample rate alone: what is heard comes from the encoder."""
WINDOWS = Windows()
ENCODER = Encoder()


@config
class Config:
    """Sizes of the head."""

    width: PositiveInt = 192
    """Of the layer whose statistics are taken."""
    heads: PositiveInt = 4
    """Each attends to a slice of that layer of its own."""
    dropout: float = 0.3
    """Share of the mixed states, and of the statistics, dropped in training."""

    def __post_init__(self) -> None:
        """Refuse slices of different widths."""
        if self.width % self.heads:
            raise ConfigError(
                f"width must be a multiple of heads, found {self.width} and {self.heads}"
            )


class Pooling(nn.Module):
    """Mix of the layers of one encoder, narrow layer, statistics under attention."""

    def __init__(self, cfg: Config, encoder: Encoder) -> None:
        """Build the layers."""
        super().__init__()
        self.mix = nn.Parameter(torch.zeros(encoder.n_layers))
        width = encoder.width
        self.narrow = nn.Sequential(
            nn.LayerNorm(width), nn.Dropout(cfg.dropout), nn.Linear(width, cfg.width), nn.GELU()
        )
        self.attention = nn.Linear(cfg.width, cfg.heads)

    def forward(self, states: Tensor, silent: Tensor) -> Tensor:
        """Statistics, shape ``(batch, 2 * width)``.

        Args:
            states: shape ``(batch, frames, n_layers * encoder width)``.
            silent: frames that do not count, shape ``(batch, frames, 1)``.
        """
        shape = states.shape[:2]
        layers = states.reshape(*shape, len(self.mix), -1)  # (B, T, L, D)
        x = self.narrow(torch.einsum("btld,l->btd", layers, self.mix.softmax(0)))
        scores = self.attention(x).float().masked_fill(silent, -1e4)
        weights = scores.softmax(1)[..., None]  # (B, T, heads, 1)
        x = x.float().reshape(*shape, scores.shape[2], -1)  # (B, T, heads, W / heads)
        mean = (weights * x).sum(1)
        deviation = ((weights * x**2).sum(1) - mean**2).clamp(min=1e-6).sqrt()
        return torch.cat([mean, deviation], 1).flatten(1)


class Head(nn.Module):
    """Statistics of every encoder side by side, linear classifier."""

    def __init__(self, cfg: Config, encoder: Encoder, n_classes: int) -> None:
        """Build the layers."""
        super().__init__()
        self.width = encoder.width
        self.sizes = [heard.n_layers * heard.width for heard in encoder.heard]
        self.pooling = nn.ModuleList(Pooling(cfg, heard) for heard in encoder.heard)
        width = 2 * cfg.width * len(self.sizes)
        self.classify = nn.Sequential(nn.Dropout(cfg.dropout), nn.Linear(width, n_classes))

    def forward(self, features: Tensor) -> Tensor:
        """Logits, shape ``(batch, n_classes)``.

        Args:
            features: hidden states, shape ``(batch, frames, n_features)``; frames of zeros alone
                stand behind the shorter examples and do not count.
        """
        parts = torch.split(features, self.sizes, 2)
        silent = nothing_in(parts[0][:, :, : self.width])  # enough to tell, a quarter of the work
        pooled = [pool(part, silent) for pool, part in zip(self.pooling, parts, strict=True)]
        logits: Tensor = self.classify(torch.cat(pooled, 1))
        return logits


class Tuned(nn.Module):
    """The next blocks of the encoder, trained far slower than the head that hears them too."""

    def __init__(self, head: Head, blocks: nn.ModuleList) -> None:
        """Take the parts."""
        super().__init__()
        self.pretrained, self.head = blocks, head

    def forward(self, features: Tensor) -> Tensor:
        """Logits, shape ``(batch, n_classes)``; ``features`` as the head's."""
        last = features[:, :, -self.head.width :]
        silent = nothing_in(last)
        unheard = silent[:, None].transpose(2, 3) * -1e4  # (B, 1, 1, T), added to the scores
        states = [features]
        for block in self.pretrained:
            last = block(last, unheard.to(last.dtype))
            states.append(last.masked_fill(silent, 0.0))
        logits: Tensor = self.head(torch.cat(states, 2))
        return logits


def nothing_in(states: Tensor) -> Tensor:
    """Tell the frames of zeros alone: ``(batch, frames, width)`` to ``(batch, frames, 1)``."""
    return (states == 0).all(2, keepdim=True)


def build(
    cfg: Config, *, n_classes: int, encoder: Encoder, blocks: nn.ModuleList | None = None
) -> nn.Module:
    """Build the head over the hidden states of an encoder, and of those beside it.

    Args:
        cfg: sizes.
        n_classes: logits.
        encoder: what is heard.
        blocks: the ``encoder.tuned`` next ones, where some are trained too.
    """
    if blocks is None:
        return Head(cfg, encoder, n_classes)
    heard = replace(encoder, last=encoder.last + encoder.tuned)
    return Tuned(Head(cfg, heard, n_classes), blocks)
