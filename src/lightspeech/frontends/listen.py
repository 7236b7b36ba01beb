"""What hears: a frozen encoder of any kind, ready to run, and how its states become features."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lightspeech.audio.windows import Waveform
from lightspeech.frontends.encoder_folder import SHORTEST
from lightspeech.frontends.states import SAMPLE_RATE, pool

LONGEST_S = 30
"""Whisper has positions for no more; longer audio is heard in pieces of this."""
HALF = npt.NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class Listen:
    """An encoder, ready to run, or two side by side.

    Attributes:
        pool_s: seconds that are averaged into one frame.
        hidden_states: turns a waveform, at most 30 s, into ``(layers, frames, width)``.
        own_params: parameters of the part that is computed.
        second: another one that hears the same; its features stand behind.
    """

    pool_s: float
    hidden_states: Callable[[Waveform], Tensor]
    own_params: int
    second: "Listen | None" = None

    @property
    def n_params(self) -> int:
        """Parameters of all that is computed."""
        return self.own_params + (self.second.n_params if self.second is not None else 0)

    def __call__(self, waveform: Waveform) -> HALF:
        """Hear a waveform of any length.

        Args:
            waveform: float32, 16 kHz, shape ``(samples,)``.

        Returns:
            Kept hidden states, averaged over time, shape ``(frames, n_features)``.
        """
        longest = LONGEST_S * SAMPLE_RATE
        starts = range(0, max(len(waveform) - SHORTEST, 0) + 1, longest)
        pieces = [waveform[start : start + longest] for start in starts]
        with torch.no_grad():
            kept = [self._frames(_lengthened(piece)) for piece in pieces]
        return torch.cat(kept).half().numpy()

    def _frames(self, piece: Waveform) -> Tensor:
        features = pool(self.hidden_states(piece), self.pool_s)
        if self.second is None:
            return features
        others = self.second._frames(piece)
        n = min(len(features), len(others))  # kinds differ by a state at the end
        return torch.cat([features[:n], others[:n]], 1)


def _lengthened(waveform: Waveform) -> Waveform:
    return np.pad(waveform, (0, max(SHORTEST - len(waveform), 0)))
