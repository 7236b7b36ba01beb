"""The front end of any encoder: what every command asks of it."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lightspeech.audio.windows import Waveform, Windows
from lightspeech.corpora.base import Utterance
from lightspeech.frontends import extraction
from lightspeech.frontends.contract import Cost, Layer, Origin, Step, no_step
from lightspeech.frontends.extraction import Encoder
from lightspeech.frontends.hidden_states import HiddenStates
from lightspeech.frontends.states import SAMPLE_RATE
from lightspeech.frontends.versions import Copies


@dataclass(frozen=True)
class EncoderFrontend:
    """The front end of any encoder, see `contract.Frontend`.

    Attributes:
        encoder: of some kind.
        windows: of the recipe.
        copies: what recordings are heard as, too, in training.
    """

    encoder: Encoder
    windows: Windows
    copies: Copies
    sample_rate = SAMPLE_RATE

    @property
    def n_features(self) -> int:
        """Numbers a frame."""
        return sum(states.n_features for states in self.encoder.states)

    @property
    def scheme(self) -> str:
        """Number format of the encoder's weights."""
        return self.encoder.scheme

    @property
    def in_bundle(self) -> bool:
        """Whether a bundle can hold the encoder."""
        return self.encoder.in_bundle

    @property
    def tuned(self) -> int:
        """Blocks that are trained with the network."""
        return sum(states.tuned for states in self.encoder.states)

    def open(
        self, utterances: Sequence[Utterance], cache: Path, step: Step = no_step
    ) -> HiddenStates:
        """Find the states of a corpus, see `contract.Frontend.open`.

        Args:
            utterances: the corpus, with paths and hashes.
            cache: folder of all cached features.
            step: called after each utterance.

        Raises:
            AudioError: if a recording cannot be decoded.
            ConfigError: if there is no such encoder.
            MissingExtra: if transformers is not installed.
            OutputError: if the cache cannot be written.
        """
        return extraction.load(utterances, self.encoder, cache, copies=self.copies, step=step)

    def missing(self, utterances: Sequence[Utterance], cache: Path) -> list[Utterance]:
        """List those of ``utterances`` that lack a file in ``cache``: whole, cut or a copy."""
        return extraction.missing(utterances, self.encoder, cache, self.copies)

    def hear(self, waveform: Waveform) -> Tensor:
        """Compute the states of a sound that is in no corpus.

        Args:
            waveform: 16 kHz, shape ``(samples,)``.

        Returns:
            Of each window, or of the whole where it is measured so: shape ``(windows, frames,
            n_features)``.
        """
        cut = self.encoder.windows
        pieces = [waveform] if cut is None else cut.cut(waveform, SAMPLE_RATE)
        return torch.stack([torch.from_numpy(self.encoder.listen(each)) for each in pieces]).float()

    def example(self) -> Tensor:
        """States of one silent window, shape ``(1, frames, n_features)``."""
        n_frames = math.ceil(self.windows.window_s / self.encoder.states[0].pool_s)
        return torch.zeros(1, n_frames, self.n_features)

    def layer(self, *, any_length: bool) -> Layer | None:
        """States to features inside a graph; an encoder hears windows of any length."""
        return self.encoder.layer()

    def files(self) -> dict[str, str]:
        """None: all is in the graph."""
        return {}

    def network_alone(self, *, any_length: bool) -> None:
        """None: no device computes hidden states apart from the network."""

    def cost(self) -> Cost:
        """Count the encoder; it is loaded for that."""
        macs = self.encoder.macs(self.windows.window_s)
        return Cost(n_params=self.encoder.listen.n_params, macs=macs)

    def origins(self) -> tuple[Origin, ...]:
        """Whose encoder it is."""
        return self.encoder.origins()


def digest(values: list[Any]) -> str:
    """Name some plain values, 20 hexadecimal digits."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:20]
