"""A pretrained transformer of speech, fine-tuned: wav2vec2, HuBERT, WavLM, data2vec, Whisper.

Baevski et al. (2020), arXiv 2006.11477, and those after it; a waveform in, no features between. The
convolutional part is frozen; of the transformer all, the last blocks or adapters are trained. Its
parameters are those of its encoder and of a head: 95 M over wav2vec2-base. In transformers 5 layers
are dropped in training; here none is, so that gradients reach all that is said to learn.
"""

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from lightspeech import bounds
from lightspeech.audio.windows import Windows
from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.frontends import augment, trained_encoder, waveform
from lightspeech.frontends.contract import Frontend
from lightspeech.frontends.encoder_folder import SHORTEST
from lightspeech.frontends.states import STATES_PER_S
from lightspeech.models import _adaptation
from lightspeech.models.contract import Unstandardized

FRONTEND = waveform.Config()
WINDOWS = Windows(window_s=4.0, hop_s=2.0)


@config
class Config:
    """What of the encoder is used and trained, and the head."""

    last: bounds.Place | None = None
    """Last hidden state that is computed; null: of all blocks."""
    blocks: bounds.Place | None = None
    """Blocks that are trained, the last ones; 0: none, null: all, with what is around them."""
    lora: Annotated[int, Field(ge=0, le=256)] = 0
    """Rank of adapters that are trained in those blocks in place of their weights; 0: none."""
    lora_layers: tuple[str, ...] = ()
    """Linear layers of a block that get one; none: query and value, or what can be reached."""
    mix: bool = False
    """A learned mix of all hidden states; else the last."""
    pooling: Literal["mean", "attention"] = "mean"
    """Over time."""
    projector: Annotated[int, Field(ge=0, le=2048)] = 0
    """Width that each state is narrowed to before pooling; 0: none."""
    hidden: Annotated[tuple[bounds.Width, ...], Field(max_length=8)] = (256,)
    """Layers of the head, each with ReLU and dropout."""
    batch_norm: bool = True
    """In these layers."""
    bias: bool = True
    """Of the layer that gives the logits."""
    dropout: bounds.Dropout = 0.3
    masks: augment.Masks = 2
    """Stretches of time whose features are hidden in training (Park et al. 2019, SpecAugment)."""
    mask_s: bounds.Seconds = 0.2
    """Longest of them."""
    checkpointing: bool = False
    """Keep only what is between blocks for the way back: less memory, a third more time."""

    @property
    def shortest(self) -> int:
        """Samples that it must be given."""
        return SHORTEST


class Attention(nn.Module):
    """Weighs states by what is learnt of them, and sums up."""

    def __init__(self, width: int) -> None:
        """Build the layer, for states so wide."""
        super().__init__()
        self.score = nn.Linear(width, 1)

    def forward(self, states: Tensor) -> Tensor:
        """Pool states, shape ``(batch, states, width)``, to ``(batch, width)``."""
        pooled: Tensor = (self.score(states).softmax(1) * states).sum(1)
        return pooled


class Mean(nn.Module):
    """The mean over time."""

    def forward(self, states: Tensor) -> Tensor:
        """Pool states, shape ``(batch, states, width)``, to ``(batch, width)``."""
        return states.mean(1)


class FineTuned(Unstandardized, nn.Module):
    """Encoder, mix, pooling, head."""

    hears_floats = True
    """In 16 bits too it is given waveforms in 32."""

    def __init__(self, cfg: Config, encoder: nn.Module, width: int, n_classes: int) -> None:
        """Put a head on an encoder.

        Args:
            cfg: sizes of the head.
            encoder: of `trained_encoder`; what of it learns is decided.
            width: of its hidden states.
            n_classes: logits.
        """
        super().__init__()
        self.pretrained, self.cfg = encoder, cfg
        n_states = len(encoder.blocks) + 1  # type: ignore[arg-type]
        self.mix = nn.Parameter(torch.zeros(n_states)) if cfg.mix else None
        narrow = nn.Linear(width, cfg.projector) if cfg.projector else nn.Identity()
        width = cfg.projector or width
        pooling = Attention(width) if cfg.pooling == "attention" else Mean()
        self.pooling = nn.Sequential(narrow, pooling)
        self.head = _head(cfg, width, n_classes)

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits, see `SpeechModel.classify`.

        Args:
            standardized: waveforms at 16 kHz, shape ``(batch, samples, 1)``.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        encoder = self.pretrained
        features = encoder.features(standardized[:, :, 0])  # type: ignore[operator]
        if self.training:
            features = self._hidden(features)
        states = encoder.hidden_states(features)  # type: ignore[operator]
        x = states[-1]
        if self.mix is not None:
            x = torch.einsum("sbtd,s->btd", torch.stack(states), self.mix.softmax(0))
        logits: Tensor = self.head(self.pooling(x))
        return logits

    def half(self) -> "FineTuned":
        """Compute in 16 bits; the encoder says what of it needs 32."""
        for part in (self.pretrained, self.pooling, self.head):
            part.half()
        if self.mix is not None:
            self.mix.data = self.mix.data.half()
        return self

    def _hidden(self, features: Tensor) -> Tensor:
        """Hide drawn stretches of time."""
        drawn = torch.rand(len(features), 2 * self.cfg.masks)
        n_states = features.shape[1]
        longest = min(self.cfg.mask_s * STATES_PER_S, n_states)
        hidden = augment.runs(drawn, n_states, longest).to(features.device)
        return features.masked_fill(hidden[:, :, None], 0.0)


def _head(cfg: Config, width: int, n_classes: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for size in cfg.hidden:
        layers += [nn.Linear(width, size), *([nn.BatchNorm1d(size)] if cfg.batch_norm else [])]
        layers += [nn.ReLU(), nn.Dropout(cfg.dropout)]
        width = size
    return nn.Sequential(*layers, nn.Linear(width, n_classes, bias=cfg.bias))


def build(cfg: Config, *, frontend: Frontend, n_classes: int) -> nn.Module:
    """Load the encoder of a front end and put a head on it.

    Args:
        cfg: what of it is trained, and the head.
        frontend: of waveforms.
        n_classes: logits.

    Raises:
        ConfigError: if the front end gives no waveforms, the encoder is not there, or has no such
            blocks or layers.
        MissingExtra: if transformers, or peft for adapters, is not installed.
    """
    if not isinstance(frontend, waveform.Waveforms):
        raise ConfigError("wav2vec2 hears waveforms; write frontend.name=waveform")
    encoder, kind, width = trained_encoder.load(frontend.cfg.source, cfg.last)
    numbers = _adaptation.train_blocks(encoder, cfg.blocks)
    if cfg.lora:
        _adaptation.adapt(encoder, kind, numbers, rank=cfg.lora, layers=cfg.lora_layers)
    if cfg.checkpointing:
        encoder.blocks = nn.ModuleList(map(_adaptation.Checkpointed, encoder.blocks))  # type: ignore[arg-type]
    return FineTuned(cfg, encoder, width, n_classes)
