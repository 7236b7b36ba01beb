"""Which pretrained speech encoder hears the speech, where a model has one instead of a front end.

Only the choice lives here, free of torch; `lightspeech.frontends.pretrained` loads and runs it.
"""

from typing import Annotated

from pydantic import Field, PositiveInt

from lightspeech.config import config
from lightspeech.errors import ConfigError

SAMPLE_RATE = 16_000
"""Hz; all encoders read here were trained on it."""
STATES_PER_S = 50
"""Hidden states a second, of Whisper, wav2vec2, HuBERT and WavLM alike."""


@config
class Encoder:
    """A frozen encoder, and what of its hidden states is kept."""

    source: str = "whisper-base"
    """A folder, one below ``$LIGHTSPEECH_ENCODERS``, or a hub name as openai/whisper-base."""
    width: PositiveInt = 512
    """Of its hidden states; said here so that a run is read without the encoder."""
    first: Annotated[int, Field(ge=0)] = 1
    """First hidden state kept; 0 is what the first block reads."""
    last: Annotated[int, Field(ge=0)] = 4
    """Last one kept; later blocks are not computed."""
    pool_s: Annotated[float, Field(ge=0.02, le=1)] = 0.08
    """Seconds that are averaged into one frame."""
    tuned: Annotated[int, Field(ge=0)] = 0
    """Blocks above ``last`` that are trained with the head; of one Whisper alone."""
    beside: "Encoder | None" = None
    """Another one, heard at the same time: its hidden states stand behind these in every frame."""

    def __post_init__(self) -> None:
        """Refuse an empty range of hidden states, and frames that do not go together."""
        if self.first > self.last:
            raise ConfigError(f"first must be at most last, found {self.first} and {self.last}")
        if self.tuned and (self.beside is not None or self.pool_s != 1 / STATES_PER_S):
            raise ConfigError(
                "encoder.tuned needs the states as they are, of one encoder; write "
                f"encoder.pool_s={1 / STATES_PER_S} and leave encoder.beside out"
            )
        if self.beside is not None and self.beside.pool_s != self.pool_s:
            raise ConfigError(
                f"encoders side by side need one pool_s, found {self.pool_s:g} and "
                f"{self.beside.pool_s:g}; write encoder.beside.pool_s={self.pool_s:g}"
            )

    @property
    def heard(self) -> "tuple[Encoder, ...]":
        """Itself and those beside it, in the order of their features."""
        return (self, *(self.beside.heard if self.beside is not None else ()))

    @property
    def n_layers(self) -> int:
        """Hidden states kept of each frame, of this encoder alone."""
        return self.last - self.first + 1

    @property
    def n_features(self) -> int:
        """Numbers a frame: the hidden states kept, one behind the other."""
        return sum(encoder.n_layers * encoder.width for encoder in self.heard)
