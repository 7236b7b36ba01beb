"""Rooms, microphones and telephone lines, on the energies of bands.

As all of `lightspeech.frontends.band_augment` does: a room is a decay of energies, a microphone or
a line a factor a band. All is drawn anew for each example.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from lightspeech.bounds import Decibels, Share
from lightspeech.config import config

Decay = Annotated[float, Field(ge=0.01, le=60)]

COLUMNS = 9
"""Numbers that `Surroundings` take for an example."""
RIPPLES = 3
"""Waves over the bands that the response of a microphone is made of, the first a slope."""
TELEPHONE_HZ = (300.0, 3400.0)
"""What a line lets pass (ITU-T G.712)."""
STOPPED_DB = -45.0
"""What is left of the rest."""


@config
class Surroundings:
    """How far a voice is from a studio; 0 switches a part off."""

    room_probability: Share = 0.0
    """Share of the examples that are heard in a room."""
    t60_s: tuple[Decay, Decay] = (0.2, 0.9)
    """Least and longest time in which its sound falls by 60 dB."""
    direct_db: tuple[Decibels, Decibels] = (-6.0, 12.0)
    """Least and most by which the voice itself is above what the room adds."""
    microphone_db: Annotated[float, Field(ge=0, le=120)] = 0.0
    """Up to how far a microphone's slope and waves raise and lower a band, in power."""
    telephone_probability: Share = 0.0
    """Share of the examples that come through a telephone line."""


@dataclass(frozen=True, eq=False)
class Place:
    """What is drawn for a batch, and the front end's frames and bands.

    Attributes:
        cfg: how far to go.
        u: numbers in [0, 1), shape ``(batch, COLUMNS)``.
        hop_s: seconds from frame to frame.
        hertz: centre of each band, shape ``(bands,)``.
        power: of the energies: 2, or 1 where they are magnitudes.
    """

    cfg: Surroundings
    u: Tensor
    hop_s: float
    hertz: Tensor
    power: int

    def room(self, energy: Tensor) -> Tensor:
        """Add what a room gives back: of each frame a part that decays, from the next one on.

        Args:
            energy: shape ``(batch, frames, bands)``.

        Returns:
            The same shape.
        """
        cfg, u = self.cfg, self.u
        if not cfg.room_probability:
            return energy
        t60 = cfg.t60_s[0] + u[:, 1] * (cfg.t60_s[1] - cfg.t60_s[0])
        fall = 10 ** (-3 * self.power * self.hop_s / t60)
        direct_db = cfg.direct_db[0] + u[:, 2] * (cfg.direct_db[1] - cfg.direct_db[0])
        gain = 10 ** (-direct_db * self.power / 20) * (1 - fall) / fall
        gain = gain * (u[:, 0] < cfg.room_probability)
        place = torch.arange(energy.shape[1])
        behind = (place[:, None] - place).clamp(min=0)
        decay = (gain[:, None, None] * fall[:, None, None] ** behind).tril(-1)
        return energy + decay @ energy

    def line(self, energy: Tensor) -> Tensor:
        """Hear through a microphone, and perhaps a telephone.

        Args:
            energy: shape ``(batch, frames, bands)``.

        Returns:
            The same shape.
        """
        cfg, u = self.cfg, self.u
        if not cfg.microphone_db and not cfg.telephone_probability:
            return energy
        db = torch.zeros(len(energy), len(self.hertz))
        if cfg.microphone_db:
            octave = torch.log2(self.hertz.clamp(min=50) / 1000)[None]
            slope = octave / octave.abs().max() * (2 * u[:, 4:5] - 1)
            waves = [
                torch.cos(math.tau * (octave * (n / 4) + u[:, 4 + n : 5 + n]))
                for n in range(1, RIPPLES)
            ]
            db = cfg.microphone_db * u[:, 7:8] * (slope + sum(waves)) / RIPPLES
        low, high = TELEPHONE_HZ
        outside = (self.hertz < low) | (self.hertz > high)
        called = u[:, 3:4] < cfg.telephone_probability
        db = db + STOPPED_DB * (outside & called)
        return energy * 10 ** (db[:, None] * self.power / 20)
