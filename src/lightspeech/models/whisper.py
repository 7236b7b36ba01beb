"""Head of the teacher, over the hidden states of a frozen encoder.

Attentive statistics pooling (Okabe et al. 2018, arXiv 1803.10963) with several heads, over a
learned mix of layers (Peters et al. 2018, eq. 1, as in SUPERB). Differs: each head takes the
statistics of its own slice of a narrow layer, so 103,376 parameters do for 8 classes over
whisper-base; encoders side by side have their statistics side by side. Any encoder that
`lightspeech.frontends.pretrained` reads will do, not only Whisper.
"""

from dataclasses import replace

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from lightspeech.audio.frontend import FrontEnd
from lightspeech.audio.windows import Windows
from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.frontends.encoder import Encoder

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
    """Statistics of every encoder side by side, linear classifier; below them, blocks to tune."""

    def __init__(
        self, cfg: Config, encoder: Encoder, n_classes: int, blocks: nn.ModuleList
    ) -> None:
        """Build the layers on top of the blocks, of which there are mostly none."""
        super().__init__()
        heard = [replace(each, last=each.last + each.tuned) for each in encoder.heard]
        self.width = encoder.width
        self.sizes = [each.n_layers * each.width for each in heard]
        self.pretrained = blocks
        self.pooling = nn.ModuleList(Pooling(cfg, each) for each in heard)
        width = 2 * cfg.width * len(self.sizes)
        self.classify = nn.Sequential(nn.Dropout(cfg.dropout), nn.Linear(width, n_classes))

    def forward(self, features: Tensor) -> Tensor:
        """Logits, shape ``(batch, n_classes)``.

        Args:
            features: hidden states, shape ``(batch, frames, n_features)``; frames of zeros alone
                stand behind the shorter examples and do not count.
        """
        first_layer = features[:, :, : self.width]  # enough to tell, a quarter of the work
        silent = (first_layer == 0).all(2, keepdim=True)
        parts = torch.split(self._deeper(features, silent), self.sizes, 2)
        pooled = [pool(part, silent) for pool, part in zip(self.pooling, parts, strict=True)]
        logits: Tensor = self.classify(torch.cat(pooled, 1))
        return logits

    def _deeper(self, features: Tensor, silent: Tensor) -> Tensor:
        """Add what the blocks say, which hear no silent frame."""
        states, last = [features], features[:, :, -self.width :]
        unheard = silent.to(last.dtype).mT[:, None] * -1e4  # (B, 1, 1, T), added to the scores
        for block in self.pretrained:
            last = block(last, unheard)
            states.append(last)
        return torch.cat(states, 2) if len(states) > 1 else features


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
    return Head(cfg, encoder, n_classes, blocks or nn.ModuleList())
