"""Which hidden states of an encoder are kept, and what becomes of them in a frame."""

from typing import Annotated

from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech import bounds
from lightspeech.config import config
from lightspeech.errors import ConfigError

SAMPLE_RATE = 16_000
"""Hz; all encoders read here were trained on it."""
STATES_PER_S = 50
"""Hidden states a second, of Whisper, wav2vec2, HuBERT and WavLM alike."""


@config
class States:
    """A range of hidden states of one encoder."""

    source: str
    """A folder, one below ``$LIGHTSPEECH_ENCODERS``, or a hub name as openai/whisper-base."""
    width: bounds.Width
    """Of its hidden states; said here so that a run is read without the encoder."""
    first: bounds.Place
    """First hidden state kept; 0 is what the first block reads."""
    last: bounds.Place
    """Last one kept; later blocks are not computed."""
    pool_s: Annotated[float, Field(ge=0.02, le=1)] = 0.08
    """Seconds that are averaged into one frame."""
    tuned: bounds.Place = 0
    """Blocks above ``last`` that are trained with the head."""

    def __post_init__(self) -> None:
        """Refuse an empty range of hidden states, and blocks that read averages."""
        if self.first > self.last:
            raise ConfigError(f"first must be at most last, found {self.first} and {self.last}")
        if self.tuned and self.pool_s != 1 / STATES_PER_S:
            raise ConfigError(
                "frontend.tuned needs the states as they are; write "
                f"frontend.pool_s={1 / STATES_PER_S}"
            )

    @property
    def n_layers(self) -> int:
        """Hidden states kept of each frame."""
        return self.last - self.first + 1

    @property
    def n_features(self) -> int:
        """Numbers a frame: the hidden states kept, one behind the other."""
        return self.n_layers * self.width


def pool(states: Tensor, pool_s: float) -> Tensor:
    """Average states over time, a shorter rest too.

    Args:
        states: shape ``(batch, layers, states, width)``, or one example without the batch.
        pool_s: seconds a frame.

    Returns:
        Shape ``(batch, frames, layers * width)``, or without the batch.
    """
    if states.dim() == 3:
        return pool(states[None], pool_s)[0]
    flat = states.transpose(2, 3).flatten(1, 2)  # (B, L * D, T)
    n = round(pool_s * STATES_PER_S)
    return F.avg_pool1d(flat, n, ceil_mode=True).transpose(1, 2)


class Pool(nn.Module):
    """Hidden states to features, in an exported graph."""

    def __init__(self, pool_s: float) -> None:
        """Take the seconds of a frame."""
        super().__init__()
        self.pool_s = pool_s

    def forward(self, states: Tensor) -> Tensor:
        """States, ``(batch, layers, states, width)``, to ``(batch, frames, n_features)``."""
        return pool(states, self.pool_s)
