"""What two networks hear of one corpus, window by window."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from lightspeech.audio.frontend import FrontEnd
from lightspeech.frontends.hidden_states import Encoded
from lightspeech.frontends.mel_features import Features, Index
from lightspeech.models.fusion import side_by_side


@dataclass(frozen=True, eq=False)
class Fused:
    """Features of a corpus for both parts of a `Fusion`, cut into the same windows.

    Attributes:
        first: of the network on an encoder.
        second: of the one beside it.
        front: front end of the second.
    """

    first: Encoded
    second: Features
    front: FrontEnd

    @property
    def window_offsets(self) -> Index:
        """First window of each utterance and the end, shape ``(n + 1,)``."""
        return self.second.window_offsets

    def measured(self, first: Iterator[Tensor], second: Iterator[Tensor]) -> Iterator[Tensor]:
        """Put batches of windows of both side by side."""
        for pair in zip(first, second, strict=True):
            yield side_by_side(*pair)
