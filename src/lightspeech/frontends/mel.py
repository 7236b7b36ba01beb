"""Bands of a short-time spectrum: log-mel, MFCC or spectrogram (`lightspeech.audio.frontend`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from lightspeech.audio import budget
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.frontends import mel_features
from lightspeech.frontends.augment import MEASURED_IS_OF_ENCODERS, PLAIN, Augment
from lightspeech.frontends.contract import Cost, Layer, Origin, Source, Step, no_step
from lightspeech.frontends.mel_features import MelFeatures
from lightspeech.frontends.mel_layer import MelLayer

Config = MelConfig
"""What a recipe says of it, and the reference in NumPy."""
WAVEFORM, FEATURES = "waveform", "features"
"""Inputs of an exported graph: with the front end inside, or with the network alone."""


@dataclass(frozen=True)
class Mel:
    """The front end on windows of one length, see `contract.Frontend`."""

    cfg: MelConfig
    windows: Windows
    bends: tuple[str, ...] = ()
    scheme = "fp32"
    in_bundle = True
    tuned = 0

    @property
    def n_features(self) -> int:
        """Numbers a frame."""
        return self.cfg.n_features

    @property
    def sample_rate(self) -> int:
        """Of the waveforms it takes, Hz."""
        return self.cfg.sample_rate

    @property
    def n_frames(self) -> int:
        """Frames of a window."""
        return self.cfg.n_frames(self.windows.samples(self.cfg.sample_rate)[0])

    def open(
        self, utterances: Sequence[Utterance], cache: Path, step: Step = no_step
    ) -> MelFeatures:
        """Load the features of a corpus, see `contract.Frontend.open`.

        Args:
            utterances: the corpus, with paths and hashes.
            cache: folder of all cached features.
            step: called after each utterance.

        Raises:
            AudioError: if a recording cannot be decoded.
            OutputError: if the cache cannot be written.
        """
        return mel_features.load(
            utterances, self.cfg, self.windows, cache, bent=self.bends, step=step
        )

    def missing(self, utterances: Sequence[Utterance], cache: Path) -> list[Utterance]:
        """Nothing: features of all ``utterances`` are one file in ``cache``, and soon there."""
        return []

    def example(self) -> Tensor:
        """Features of one silent window, shape ``(1, frames, n_features)``."""
        return torch.zeros(1, self.n_frames, self.n_features)

    def layer(self, *, any_length: bool) -> Layer:
        """Waveform to features inside a graph."""
        samples, _ = self.windows.samples(self.cfg.sample_rate)
        example = torch.zeros(2, samples)
        sizes = _sizes("samples", self.cfg.n_fft, any_length)
        return Layer({WAVEFORM: Source(example=example, sizes=sizes)}, MelLayer(self.cfg))

    def files(self) -> dict[str, str]:
        """None: all is in the graph."""
        return {}

    def network_alone(self, *, any_length: bool) -> Layer:
        """Features as they are, for a graph that is the network alone."""
        example = self.example().repeat(2, 1, 1)
        sizes = _sizes("frames", 1, any_length)
        return Layer({FEATURES: Source(example=example, sizes=sizes)}, nn.Identity())

    def cost(self) -> Cost:
        """Nothing but tables."""
        return Cost()

    def origins(self) -> tuple[Origin, ...]:
        """None: no weights of others are in it."""
        return ()


def _sizes(name: str, least: int, any_length: bool) -> dict[int, torch.export.Dim]:
    sizes = {0: torch.export.Dim("batch")}
    return {**sizes, 1: torch.export.Dim(name, min=least)} if any_length else sizes


def build(cfg: MelConfig, *, windows: Windows, augment: Augment = PLAIN) -> Mel:
    """Make the front end.

    Args:
        cfg: bands and levels.
        windows: how recordings are cut.
        augment: whose bends are heard in training; other speeds are of encoders.

    Raises:
        ConfigError: if a window is shorter than the Fourier transform, other speeds are asked
            for, or more than a device has, see `budget.check`.
    """
    window, _ = windows.samples(cfg.sample_rate)
    if window < cfg.n_fft:
        raise ConfigError(
            f"windows.window_s={windows.window_s:g} is {window} samples, fewer than "
            f"frontend.n_fft={cfg.n_fft}; lengthen the window or shorten n_fft"
        )
    augment.refuse(
        "speeds", "is of encoders; for a mel front end write augment.stretch and augment.semitones "
        "instead",
    )  # fmt: skip
    augment.refuse("as_measured", MEASURED_IS_OF_ENCODERS)
    budget.check(windows, cfg.sample_rate, cfg)
    return Mel(cfg, windows, tuple(augment.bends))
