"""Augmentation of the training part: how far examples are bent, and the numbers that are drawn.

All numbers are drawn per utterance and epoch (`draw`), so that neither the batch nor the order
changes what an utterance becomes, but for masks of hidden states (`state_batches`).
`band_augment` and `waveform_augment` bend.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from lightspeech import plugins
from lightspeech.bounds import Decibels, Seconds, Share
from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.frontends import bends, surroundings
from lightspeech.frontends.surroundings import Surroundings

MIX = 7
"""Column of `draw` with the number for mixup."""
Masks = Annotated[int, Field(ge=0, le=64)]


@config
class Augment:
    """How far training examples are bent; 0 switches a bend off."""

    shift: Share = 1.0
    """How far off the centre of the utterance the window may fall, as a share of what there is."""
    stretch: Annotated[float, Field(ge=0, le=3)] = 0.15
    """Speaking rate is multiplied by up to 1 + stretch, or divided by it."""
    semitones: Annotated[float, Field(ge=0, le=48)] = 2.0
    """Pitch and formants move together, as for a longer or shorter voice."""
    gain_db: Annotated[float, Field(ge=0, le=120)] = 6.0
    noise_probability: Share = 0.5
    """Share of the examples that get noise, white to pink."""
    snr_db_min: Decibels = 10.0
    snr_db_max: Decibels = 40.0
    time_masks: Masks = 2
    time_mask_s: Seconds = 0.2
    """Longest time mask."""
    band_masks: Masks = 2
    band_mask_share: Share = 0.12
    """Longest band mask, as a share of the bands."""
    crop: Annotated[float, Field(ge=0, lt=0.5)] = 0.25
    """Cut off each end, up to this share, where an encoder hears; but see ``as_measured``."""
    speeds: Annotated[tuple[Annotated[float, Field(ge=0.5, le=2)], ...], Field(max_length=16)] = ()
    """Rates at which an encoder hears recordings too, pitch and all; each epoch draws one, 1 among
    them (Ko et al. 2015, Audio augmentation for speech recognition, sec. 2.3)."""
    as_measured: bool = False
    """Of an encoder that is measured in windows: an example is such a window, heard alone, instead
    of a stretch of a recording that was heard whole. Needed where each window has a level."""
    surroundings: Surroundings = Surroundings()
    """Rooms, microphones and telephones; nothing of them by default."""
    bends: dict[str, Share] = field(default_factory=dict)
    """Shares of the examples that are made of recordings bent beforehand, ``{telephone: 0.1}``;
    names are those of `lightspeech.frontends.bends`."""

    def __post_init__(self) -> None:
        """Refuse levels of noise in the wrong order, unknown bends, and what excludes another."""
        if self.snr_db_min > self.snr_db_max:
            raise ConfigError(
                f"snr_db_min must be at most snr_db_max, found {self.snr_db_min:g} and "
                f"{self.snr_db_max:g}"
            )
        if self.as_measured and self.speeds:
            raise ConfigError("speeds are of whole recordings; leave them out with as_measured")
        if unknown := [name for name in self.bends if not plugins.has(bends.PACKAGE, name)]:
            known = plugins.names(bends.PACKAGE)
            raise ConfigError(f"no bend is called {unknown[0]!r}; choose of {known}")
        if sum(self.bends.values()) > 1:
            raise ConfigError(f"bends: shares must add up to at most 1, found {self.bends}")

    def without_copies(self) -> "Augment":
        """Leave out other speeds and bends, as which recordings are heard in training alone."""
        return replace(self, speeds=(), bends={})

    def refuse(self, option: str, instead: str) -> None:
        """Refuse an option that a front end cannot give.

        Args:
            option: such as ``speeds``.
            instead: what to do.

        Raises:
            ConfigError: if it is set.
        """
        if getattr(self, option) != getattr(PLAIN, option):
            raise ConfigError(f"augment.{option} {instead}")


PLAIN = Augment()
SURROUNDINGS_ARE_OF_SOUND = "are of what is bent anew; for a frozen encoder write augment.bends"
MEASURED_IS_OF_ENCODERS = "is of encoders; leave it out, other examples are windows already"
BENDS_ARE_KEPT = "are of what is kept on disk; take a frozen encoder, or a model on bands"


def draw(n: int, cfg: Augment, seed: int, epoch: int) -> Tensor:
    """Draw the numbers of every utterance for an epoch, uniform in [0, 1).

    Args:
        n: utterances.
        cfg: how many masks there are.
        seed: of the run.
        epoch: its number.

    Returns:
        Shape ``(n, columns)``: eight, two a mask, and those of the surroundings.
    """
    columns = 8 + 2 * (cfg.time_masks + cfg.band_masks)
    numbers = np.random.default_rng([seed, epoch]).random((n, columns), dtype=np.float32)
    around = np.random.default_rng([seed, epoch, 3]).random((n, surroundings.COLUMNS), np.float32)
    return torch.from_numpy(np.hstack([numbers, around]))


def versions(n: int, shares: Mapping[str, float], seed: int, epoch: int) -> Tensor:
    """Draw which version of its recording each example of an epoch is made of.

    Args:
        n: examples.
        shares: of each bend, `Augment.bends`.
        seed: of the run.
        epoch: its number.

    Returns:
        0: as it was recorded; else the place of the bend, from 1 on; shape ``(n,)``.
    """
    u = np.random.default_rng([seed, epoch, 4]).random(n)
    place = np.searchsorted(np.cumsum([*shares.values()]), u, side="right")
    return torch.from_numpy((place + 1) % (len(shares) + 1))


def runs(u: Tensor, size: int, longest: float) -> Tensor:
    """Mark drawn runs of neighbouring places, such as frames or bands.

    Args:
        u: a length and a start of each run, in [0, 1), in turn; shape ``(batch, 2 * n_runs)``.
        size: number of places.
        longest: places that a run has at most.

    Returns:
        True inside a run, shape ``(batch, size)``.
    """
    length = u[:, 0::2, None] * longest
    start = u[:, 1::2, None] * (size - length)
    places = torch.arange(size)
    return ((places >= start) & (places < start + length)).any(1)
