"""Head of the teacher, over the hidden states of a frozen encoder.

Attentive statistics pooling (Okabe et al. 2018, arXiv 1803.10963) with several heads, over a
learned mix of layers (Peters et al. 2018, eq. 1, as in SUPERB). Differs: each head takes the
statistics of its own slice of a narrow layer, so 103,376 parameters do for 8 classes over
whisper-base; encoders side by side have their statistics side by side. Any encoder that
`lightspeech.frontends` has will do, not only Whisper.
"""

import torch
from torch import Tensor, nn

from lightspeech import bounds
from lightspeech.audio.windows import Windows
from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.frontends import encoder
from lightspeech.frontends.contract import Frontend
from lightspeech.frontends.encoded import EncoderFrontend
from lightspeech.frontends.known_speaker import KnownSpeaker
from lightspeech.models.contract import Unstandardized

FRONTEND = encoder.Config()
WINDOWS = Windows()
MIX = "pooling.0.mix"
"""Of its weights what each layer of the first encoder counts, of which a softmax makes shares."""


@config
class Config:
    """Sizes of the head."""

    width: bounds.Width = 192
    """Of the layer whose statistics are taken."""
    heads: bounds.Few = 4
    """Each attends to a slice of that layer of its own."""
    dropout: bounds.Dropout = 0.3
    """Share of the mixed states, and of the statistics, dropped in training."""

    def __post_init__(self) -> None:
        """Refuse slices of different widths."""
        if self.width % self.heads:
            raise ConfigError(
                f"width must be a multiple of heads, found {self.width} and {self.heads}"
            )


class Pooling(nn.Module):
    """Mix of the layers of one encoder, narrow layer, statistics under attention."""

    def __init__(self, cfg: Config, n_layers: int, width: int) -> None:
        """Build the layers.

        Args:
            cfg: sizes of the head.
            n_layers: hidden states of a frame.
            width: of one hidden state.
        """
        super().__init__()
        self.mix = nn.Parameter(torch.zeros(n_layers))
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


class Head(Unstandardized, nn.Module):
    """Statistics of every encoder side by side, linear classifier; below them, blocks to tune."""

    def __init__(self, cfg: Config, frontend: EncoderFrontend, n_classes: int) -> None:
        """Build the layers on top of the blocks that are trained, of which there are mostly none.

        Args:
            cfg: sizes.
            frontend: of any encoder.
            n_classes: logits.
        """
        super().__init__()
        kept = [(each.n_layers + each.tuned, each.width) for each in frontend.encoder.states]
        self.width = kept[0][1]
        self.sizes = [n_layers * width for n_layers, width in kept]
        self.pretrained = frontend.encoder.blocks()
        self.pooling = nn.ModuleList(Pooling(cfg, *each) for each in kept)
        width = 2 * cfg.width * len(self.sizes)
        self.head = nn.Sequential(nn.Dropout(cfg.dropout), nn.Linear(width, n_classes))

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits, shape ``(batch, n_classes)``.

        Args:
            standardized: hidden states, shape ``(batch, frames, n_features)``; frames of zeros
                alone stand behind the shorter examples and do not count.
        """
        first_layer = standardized[:, :, : self.width]  # enough to tell, a quarter of the work
        silent = (first_layer == 0).all(2, keepdim=True)
        states = self._deeper(standardized, silent)
        # LiteRT's converter has no split into one part.
        parts = torch.split(states, self.sizes, 2) if len(self.sizes) > 1 else [states]
        pooled = [pool(part, silent) for pool, part in zip(self.pooling, parts, strict=True)]
        logits: Tensor = self.head(torch.cat(pooled, 1))
        return logits

    def _deeper(self, features: Tensor, silent: Tensor) -> Tensor:
        """Add what the blocks say, which hear no silent frame."""
        states, last = [features], features[:, :, -self.width :]
        mask = silent.to(last.dtype).mT[:, None] * -1e4  # (B, 1, 1, T), added to the scores
        for block in self.pretrained:
            last = block(last, mask)
            states.append(last)
        return torch.cat(states, 2) if len(states) > 1 else features


def build(cfg: Config, *, frontend: Frontend, n_classes: int) -> nn.Module:
    """Build the head over the hidden states of an encoder, or of two side by side.

    Args:
        cfg: sizes of the head.
        frontend: of any encoder.
        n_classes: logits.

    Raises:
        ConfigError: if the front end is no encoder.
    """
    return Head(cfg, of_encoder(frontend), n_classes)


def of_encoder(frontend: Frontend) -> EncoderFrontend:
    """Refuse a front end that is no encoder.

    Raises:
        ConfigError: naming those that are.
    """
    plain = frontend.stranger if isinstance(frontend, KnownSpeaker) else frontend
    if not isinstance(plain, EncoderFrontend):
        raise ConfigError(
            "this model stands on an encoder; write frontend.name=encoder or small_encoder"
        )
    return plain
