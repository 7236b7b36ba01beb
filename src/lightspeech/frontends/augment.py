"""Augmentation of the training part, on whole batches of log bands by tensor operations.

Stretching, shifting, gain and noise act on band *energies*, where they mean what they mean for a
waveform (tests hold them against waveforms processed by librosa), at a thousandth of its cost: a
study of 25 runs hears every utterance thousands of times. All numbers are drawn per utterance and
epoch (`draw`), so that neither the batch nor the order changes what an utterance becomes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from lightspeech import plugins
from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.bounds import Decibels, Seconds, Share
from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.frontends import bends, surroundings
from lightspeech.frontends.surroundings import Place, Surroundings

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
    """Cut off each end, up to this share, where an encoder hears; of all else time masks, and:"""
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
        if getattr(self, option):
            raise ConfigError(f"augment.{option} {instead}")


PLAIN = Augment()
MEASURED_IS_OF_ENCODERS = "is of encoders; leave it out, other examples are windows already"
BENDS_ARE_KEPT = "are of what is kept on disk; take a frozen encoder, or a model on bands"


@dataclass(frozen=True, eq=False)
class Bands:
    """What bending needs to know of a front end, per band, shape ``(bands,)`` each.

    Attributes:
        cfg: the front end.
        hertz: centre frequency.
        white: energy that white noise of power 1 has there.
        share: share of the spectrum that the band stands for; sums to about 1.
    """

    cfg: MelConfig
    hertz: Tensor
    white: Tensor
    share: Tensor

    def warped(self, semitones: Tensor) -> Tensor:
        """Where each band's content comes from, as fractional band numbers.

        Args:
            semitones: shape ``(batch,)``; positive moves energy up.

        Returns:
            Shape ``(batch, bands)``.
        """
        sources = self.hertz * 2 ** (-semitones[:, None] / 12)
        upper = torch.searchsorted(self.hertz, sources).clamp(1, len(self.hertz) - 1)
        low, high = self.hertz[upper - 1], self.hertz[upper]
        return (upper - 1) + (sources - low) / (high - low)


def bands_of(cfg: MelConfig) -> Bands:
    """Compute centres, noise energies and shares from the tables of a front end."""
    grid = np.linspace(0, cfg.sample_rate / 2, cfg.n_fft // 2 + 1)
    window_power = float((frontend.tables(cfg).window.astype(np.float64) ** 2).sum())
    dense = frontend.tables(cfg).mel_matrix(len(grid)).astype(np.float64)
    weights = np.eye(len(grid)) if cfg.kind == "spectrogram" else dense
    total = weights.sum(0)
    hertz = grid @ weights / total
    per_bin = window_power if cfg.power == 2 else np.sqrt(window_power)
    share = np.gradient(hertz) / (cfg.sample_rate / 2)
    numbers = (hertz, total * per_bin, share)
    return Bands(cfg, *(torch.tensor(n, dtype=torch.float32) for n in numbers))


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


@dataclass(frozen=True, eq=False)
class Whole:
    """Whole utterances, one after the other.

    Attributes:
        frames: log bands above silence (``log_bands - log(floor)``), shape ``(total, bands)``; the
            last is silence, and of no utterance.
        first: first frame of each utterance, shape ``(batch,)``.
        lengths: frames of each, 1 or more, shape ``(batch,)``.
    """

    frames: Tensor
    first: Tensor
    lengths: Tensor

    def at(self, place: Tensor) -> Tensor:
        """Read between two frames of each utterance; beyond its ends is silence.

        Args:
            place: fractional numbers of frames, shape ``(batch, n)``.

        Returns:
            Shape ``(batch, n, bands)``.
        """
        before = place.floor()
        share = (place - before)[:, :, None]
        return self._frame(before.long()).lerp_(self._frame(before.long() + 1), share)

    def _frame(self, number: Tensor) -> Tensor:
        inside = (number >= 0) & (number < self.lengths[:, None])
        silence = len(self.frames) - 1
        return F.embedding(torch.where(inside, self.first[:, None] + number, silence), self.frames)


def bend(source: Whole, n_frames: int, u: Tensor, cfg: Augment, bands: Bands) -> Tensor:
    """Cut a stretched, pitch-shifted window out of each utterance, then add gain, noise and masks.

    Args:
        source: the utterances.
        n_frames: length of the window; where it falls is drawn too (the time shift).
        u: numbers in [0, 1) from `draw`, shape ``(batch, columns)``.
        cfg: how far to bend.
        bands: the front end's bands.

    Returns:
        Log bands, shape ``(batch, n_frames, bands)``.
    """
    rate = (1 + cfg.stretch) ** (2 * u[:, 0] - 1)
    start = (0.5 + cfg.shift * (u[:, 1] - 0.5)) * (source.lengths - n_frames * rate)
    semitones = cfg.semitones * (2 * u[:, 2] - 1)
    heard = source.at(start[:, None] + rate[:, None] * torch.arange(n_frames))
    cut = torch.bmm(heard, _between(bands.warped(semitones)))
    front = bands.cfg
    # In place, here and below: what memory moves is most of what a batch costs.
    energy = cut.expm1_().clamp_(min=0).mul_(front.floor * _gain(u[:, 3], cfg, front))
    drawn, hop_s = u[:, -surroundings.COLUMNS :], front.hop_length / front.sample_rate
    place = Place(cfg.surroundings, drawn, hop_s, bands.hertz, front.power)
    energy = place.line(_add_noise(place.room(energy), u[:, 4:7], cfg, bands))
    logarithm = energy.add_(front.floor).log_()
    return _mask(logarithm, u[:, 8 : -surroundings.COLUMNS], cfg, bands.cfg)


def _between(place: Tensor) -> Tensor:
    """Weights that read between two bands, a column each; beyond the first and last are these.

    Args:
        place: fractional numbers of bands, shape ``(batch, bands)``.

    Returns:
        Shape ``(batch, bands, bands)``.
    """
    place = place.clamp(0, place.shape[1] - 1)
    return (1 - (place[:, None, :] - torch.arange(place.shape[1])[:, None]).abs()).clamp(min=0)


def _gain(u: Tensor, cfg: Augment, front: MelConfig) -> Tensor:
    return 10 ** (cfg.gain_db * (2 * u[:, None, None] - 1) / 20 * front.power)


def _add_noise(energy: Tensor, u: Tensor, cfg: Augment, bands: Bands) -> Tensor:
    """Add stationary noise of a drawn level and colour; powers add, magnitudes by their squares.

    Mean magnitudes tell too little of the power of a voice: with ``power: 1`` the noise is up to
    5 dB weaker than asked.
    """
    powers = energy if bands.cfg.power == 2 else energy**2
    white = bands.white ** (2 // bands.cfg.power)
    power = powers.mean(1) @ (bands.share / white)
    snr_db = cfg.snr_db_min + u[:, 1] * (cfg.snr_db_max - cfg.snr_db_min)
    level = power * 10 ** (-snr_db / 10) * (u[:, 0] < cfg.noise_probability)
    colour = (bands.hertz.clamp(min=50) / 1000) ** -u[:, 2:3]
    colour = colour / (colour * bands.share).sum(1, keepdim=True)
    powers.add_((level[:, None] * colour * white)[:, None])
    return powers if bands.cfg.power == 2 else powers.sqrt_()


def _mask(logarithm: Tensor, u: Tensor, cfg: Augment, front: MelConfig) -> Tensor:
    """Blank drawn stretches of time and runs of bands to the example's mean."""
    n_frames, n_bands = logarithm.shape[1:]
    longest = cfg.time_mask_s * front.sample_rate / front.hop_length
    in_time = runs(u[:, : 2 * cfg.time_masks], n_frames, min(longest, n_frames))
    in_bands = runs(u[:, 2 * cfg.time_masks :], n_bands, cfg.band_mask_share * n_bands)
    mean = logarithm.mean((1, 2), keepdim=True)
    left = logarithm.sub_(mean).mul_(~in_time[:, :, None]).mul_(~in_bands[:, None, :])
    return left.add_(mean)


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
