"""A text encoder and a linear head: what words alone tell, beside which sound must prove itself.

Devlin et al. (2019), arXiv 1810.04805. The mean of the states of all tokens, then classes. 108.9 M
parameters over BERT-base; its first 8, 6, 4 and 2 blocks, of the full width, are the mini, micro,
nano and pico of DistilSER; any smaller BERT of ``transformers`` will do as well.
"""

import torch
from torch import Tensor, nn

from lightspeech import bounds
from lightspeech.audio.windows import Windows
from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.frontends import text, text_encoder
from lightspeech.frontends.contract import Frontend
from lightspeech.frontends.text import Text
from lightspeech.models.contract import Unstandardized

FRONTEND = text.Config()
WINDOWS = Windows(hop_s=None)
"""One of an utterance: its text is one."""


@config
class Reader:
    """What of a text encoder is used and trained."""

    layers: bounds.Place | None = None
    """Blocks that are kept, the first ones; null: all."""
    drawn: bool = False
    """With fresh weights: the encoder gives its form and its tokens alone."""
    blocks: bounds.Place | None = None
    """Blocks that are trained, the last ones that are kept; 0: none, null: all, with embeddings."""


@config
class Config(Reader):
    """The encoder, and the head."""

    dropout: bounds.Dropout = 0.3


class Encoder(nn.Module):
    """Tokens to states; of a front end of text."""

    def __init__(self, cfg: Reader, frontend: Text) -> None:
        """Load the encoder.

        Args:
            cfg: what of it is used.
            frontend: that cuts texts into its tokens.

        Raises:
            ConfigError: if it is not there, or not as the recipe says.
            MissingExtra: if transformers is not installed.
        """
        super().__init__()
        source, longest = frontend.cfg.source, frontend.cfg.longest
        self.encoder, self.width = text_encoder.load(
            source, layers=cfg.layers, longest=longest, drawn=cfg.drawn
        )
        if cfg.blocks is not None:
            self.encoder.requires_grad_(False)
            for block in text_encoder.last_blocks(self.encoder, cfg.blocks):
                block.requires_grad_(True)

    def forward(self, tokens: Tensor) -> Tensor:
        """Compute the states of tokens.

        Args:
            tokens: numbers and mask, shape ``(batch, tokens, 2)``.

        Returns:
            Shape ``(batch, tokens, width)``; those without a token mean nothing.
        """
        ids, mask = tokens.unbind(2)
        # As added to the scores: of a plain mask transformers asks for its content, on any device.
        absent = (mask[:, None, None, :] - 1).expand(-1, 1, ids.shape[1], -1)
        absent = absent.to(next(self.encoder.parameters()).dtype) * 1e4
        states: Tensor = self.encoder(input_ids=ids, attention_mask=absent).last_hidden_state
        return states


class Bert(Unstandardized, nn.Module):
    """Encoder, mean over tokens, head."""

    def __init__(self, cfg: Config, frontend: Text, n_classes: int) -> None:
        """Put a head on an encoder.

        Args:
            cfg: what of the encoder is used.
            frontend: of text.
            n_classes: logits.
        """
        super().__init__()
        reader = Encoder(cfg, frontend)
        self.name = "drawn" if cfg.drawn else "pretrained"  # which has a rate of its own
        self.add_module(self.name, reader)
        self.head = nn.Sequential(nn.Dropout(cfg.dropout), nn.Linear(reader.width, n_classes))

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits, see `SpeechModel.classify`.

        Args:
            standardized: tokens, shape ``(batch, tokens, 2)``.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        states = self.get_submodule(self.name)(standardized)
        logits: Tensor = self.head(mean(states, standardized[:, :, 1]))
        return logits


def mean(states: Tensor, mask: Tensor) -> Tensor:
    """Average the states of tokens.

    Args:
        states: shape ``(batch, tokens, width)``.
        mask: 1 of a token, 0 of none, shape ``(batch, tokens)``.

    Returns:
        Shape ``(batch, width)``; zeros of a text without tokens.
    """
    shares = mask / mask.sum(1, keepdim=True).clamp(min=1)
    return torch.einsum("btd,bt->bd", states, shares.to(states.dtype))


def build(cfg: Config, *, frontend: Frontend, n_classes: int) -> nn.Module:
    """Build the network.

    Args:
        cfg: what of the encoder is used.
        frontend: of text.
        n_classes: logits.

    Raises:
        ConfigError: if the front end gives no text, or the encoder is not as the recipe says.
        MissingExtra: if transformers is not installed.
    """
    return Bert(cfg, of_text(frontend), n_classes)


def of_text(frontend: Frontend) -> Text:
    """Refuse a front end that gives no text.

    Raises:
        ConfigError: naming the one that does.
    """
    if not isinstance(frontend, Text):
        raise ConfigError("this model reads text; write frontend.name=text")
    return frontend
