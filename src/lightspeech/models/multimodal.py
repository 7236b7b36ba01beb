"""Text and sound under one attention: the networks of 3M-SER and DistilSER, as their code has it.

Attention of 8 heads over the states of a text encoder, narrowed to 128 and set before what the
network of the sound says of each patch; attention over both, of which the first place, the fusion
vector, goes to a layer of 64 and to the classes. 183.6 M parameters with BERT-base and VGGish; the
students mini, micro, nano and pico keep VGGish and the first 8, 6, 4 and 2 blocks of BERT (155.2,
141.1, 126.9 and 112.7 M), or take ``micro`` for the sound. Differs: tokens that fill up a batch do
not count (theirs was a batch of one); a network of one vector a window is a sound of one patch,
narrowed to 128 where it is wider.
"""

from typing import Annotated, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech import bounds
from lightspeech.config import Choice, choice_of, config, plugin
from lightspeech.errors import ConfigError
from lightspeech.frontends import pair, text
from lightspeech.frontends.contract import Frontend
from lightspeech.frontends.pair import Pair
from lightspeech.frontends.pair_inputs import FIRST, SECOND, part
from lightspeech.models import bert, vggish
from lightspeech.models.contract import head_of, speech_model

_MODELS, _FRONTENDS = "lightspeech.models", "lightspeech.frontends"
FRONTEND = pair.Config(
    first=choice_of(_FRONTENDS, text.Config()), second=choice_of(_FRONTENDS, vggish.FRONTEND)
)
WINDOWS = vggish.WINDOWS


@config
class Config:
    """Both networks, and what joins them."""

    text: bert.Reader = bert.Reader()
    audio: Annotated[Choice, plugin("lightspeech.models")] = Choice(
        _MODELS, "vggish", vggish.Config()
    )
    """Any model of sound; its head is left out."""
    heads: bounds.Few = 8
    """Of both attentions."""
    width: bounds.Width = 128
    """Of the fusion vector."""
    hidden: bounds.Width = 64
    dropout: bounds.Dropout = 0.5

    def __post_init__(self) -> None:
        """Refuse heads of different widths."""
        if self.width % self.heads:
            raise ConfigError(
                f"width must be a multiple of heads, found {self.width} and {self.heads}"
            )


class Multimodal(nn.Module):
    """Both networks, attention, head."""

    def __init__(self, cfg: Config, frontend: Pair, n_classes: int) -> None:
        """Build both networks and what joins them.

        Args:
            cfg: of all of it.
            frontend: text, then sound.
            n_classes: logits.

        Raises:
            ConfigError: if a network does not fit its front end, or has no head to leave out.
        """
        super().__init__()
        reader = bert.Encoder(cfg.text, bert.of_text(frontend.first))
        hearer, width = _without_head(cfg.audio, frontend.second)
        if reader.width % cfg.heads:
            raise ConfigError(
                f"heads={cfg.heads} do not share {reader.width} numbers of a text alike; write "
                "model.heads as a divisor of it"
            )
        slow = {"text": not cfg.text.drawn, "audio": bool(getattr(cfg.audio.config, "weights", 0))}
        parts = {"text": reader, "audio": hearer}
        self.pretrained = nn.ModuleDict({n: parts[n] for n in parts if slow[n]})  # a slower rate
        self.drawn = nn.ModuleDict({n: parts[n] for n in parts if not slow[n]})
        options = {"dropout": cfg.dropout, "batch_first": True}
        self.text_attention = nn.MultiheadAttention(reader.width, cfg.heads, **options)
        self.text_narrow = nn.Sequential(
            nn.Linear(reader.width, cfg.width), nn.LayerNorm(cfg.width)
        )
        same = width == cfg.width
        self.audio_narrow = nn.Identity() if same else nn.Linear(width, cfg.width)
        self.fusion_attention = nn.MultiheadAttention(cfg.width, cfg.heads, **options)
        self.fusion_narrow = nn.Sequential(nn.Linear(cfg.width, cfg.width), nn.LayerNorm(cfg.width))
        self.head = nn.Sequential(
            nn.Dropout(cfg.dropout),
            nn.Linear(cfg.width, cfg.hidden),
            nn.LeakyReLU(),
            nn.Linear(cfg.hidden, n_classes),
        )

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Logits, shape ``(batch, n_classes)``, of inputs as a pair of front ends gives them."""
        tokens, sound = part(inputs, FIRST), part(inputs, SECOND)
        assert isinstance(tokens, Tensor)
        reader, hearer = self._part("text"), self._part("audio")
        dtype = next(self.head.parameters()).dtype
        absent = (1 - tokens[:, :, 1]).to(dtype) * -1e4  # added to the scores
        words = self.text_narrow(_attend(self.text_attention, reader(tokens), absent))
        patches = self.audio_narrow(_states(hearer, sound))
        both = torch.cat([words, patches], 1)  # (B, tokens + patches, width)
        absent = F.pad(absent, (0, patches.shape[1]))
        fused = self.fusion_narrow(_attend(self.fusion_attention, both, absent))
        logits: Tensor = self.head(fused[:, 0])
        return logits

    def _part(self, name: str) -> nn.Module:
        return self.pretrained[name] if name in self.pretrained else self.drawn[name]


def _attend(attention: nn.Module, x: Tensor, absent: Tensor) -> Tensor:
    attended: Tensor = attention(x, x, x, key_padding_mask=absent, need_weights=False)[0]
    return attended


def _states(network: Any, inputs: Any) -> Tensor:
    """What a network without its head says, shape ``(batch, patches, width)``."""
    if hasattr(network, "states"):
        return network.states(network.standardize(inputs))  # type: ignore[no-any-return]
    return network(inputs)[:, None]  # type: ignore[no-any-return]


def _without_head(model: Choice, frontend: Frontend) -> tuple[nn.Module, int]:
    """Build a network of sound with nothing behind what its head reads, and the width of that."""
    network: Any = model.module.build(model.config, frontend=frontend, n_classes=2)
    if not isinstance(getattr(network, "head", None), nn.Module):
        raise ConfigError(f"{model.name} has no self.head to leave out; take another model.audio")
    linear = next(each for each in head_of(network).modules() if isinstance(each, nn.Linear))
    network.head = nn.Identity()
    return speech_model(network, frontend, linear.in_features, name=model.name), linear.in_features


def build(cfg: Config, *, frontend: Frontend, n_classes: int) -> nn.Module:
    """Build both networks and what joins them.

    Args:
        cfg: of all of it.
        frontend: a pair, text first, then sound.
        n_classes: logits.

    Raises:
        ConfigError: if the front end is no such pair, or a network does not fit its part.
        MissingExtra: if transformers is not installed.
    """
    if not isinstance(frontend, Pair):
        raise ConfigError(
            "multimodal takes two front ends; write frontend: {name: pair, first: {name: text}, "
            "second: {name: mel}}"
        )
    return Multimodal(cfg, frontend, n_classes)
