"""Hidden states of a corpus, computed once: a file a recording, and one of each of its copies.

Files are named by the sound, so that every study, vocabulary and mix of corpora shares them, a
killed extraction goes on where it was, and memory stays flat however large a corpus is.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from lightspeech.audio import io
from lightspeech.audio.windows import Windows
from lightspeech.corpora.base import Utterance
from lightspeech.frontends.cache import find, keep, opened
from lightspeech.frontends.contract import Layer, Origin, Step, no_step
from lightspeech.frontends.hidden_states import HiddenStates
from lightspeech.frontends.listen import Listen
from lightspeech.frontends.states import SAMPLE_RATE, States
from lightspeech.frontends.versions import NO_COPIES, Copies, Version, versions


class Encoder(Protocol):
    """An encoder of some kind, which `EncoderFrontend` makes a front end.

    It says which hidden states are kept, loads what computes them, and tells whose work it is.
    """

    @property
    def windows(self) -> Windows | None:
        """How an utterance is cut for measuring, as on a device; None leaves it whole."""

    @property
    def states(self) -> tuple[States, ...]:
        """What is kept, of one encoder or of several side by side."""

    @property
    def scheme(self) -> str:
        """Number format of its weights."""

    @property
    def in_bundle(self) -> bool:
        """Whether a bundle can hold it."""

    @property
    def key(self) -> str:
        """Names its hidden states in the cache: another file or range of states has another name.

        As long as the encoder stands, its files are read once.
        """

    @property
    def listen(self) -> Listen:
        """What turns waveforms into hidden states; loaded once, as long as the encoder stands."""

    def blocks(self) -> nn.ModuleList:
        """Load the blocks above it that are trained; mostly none."""

    def macs(self, seconds: float) -> int | None:
        """Count multiply-accumulates for some seconds of waveform; None where nobody counted."""

    def layer(self) -> Layer | None:
        """What computes features in an exported graph; None: no bundle can hold it."""

    def origins(self) -> tuple[Origin, ...]:
        """Say whose work it is."""


def load(
    utterances: Sequence[Utterance],
    encoder: Encoder,
    cache: Path,
    *,
    copies: Copies = NO_COPIES,
    step: Step = no_step,
) -> HiddenStates:
    """Find the hidden states of a corpus in the cache folder, computing those that are not there.

    Args:
        utterances: what to hear, with paths and hashes.
        encoder: of any kind.
        cache: folder; hidden states of each encoder live below it.
        copies: that are heard, too.
        step: called after each utterance.

    Raises:
        AudioError: if a recording cannot be decoded.
        ConfigError: if there is no such encoder.
        MissingExtra: if transformers is not installed.
        OutputError: if the cache cannot be written.
    """
    folder, all_versions = cache / encoder.key, versions(encoder.windows, copies)
    for utterance in utterances:
        files = {version: version.file(folder, utterance) for version in all_versions}
        missing = [v for v, file in files.items() if find(file, axes=v.axes) is None]
        if missing:
            torch.set_num_threads(1)  # threads that wait for each other take minutes
            waveform = io.load(utterance.path, SAMPLE_RATE)
            for version in missing:
                keep(version.hear(waveform, utterance, encoder.listen), files[version])
        step()

    def of(version: Version) -> tuple[Path, ...]:
        return tuple(version.file(folder, utterance) for utterance in utterances)

    whole, measured = of(all_versions.whole), all_versions.measured
    at_speeds, bent = (tuple(map(of, some)) for some in (all_versions.at_speeds, all_versions.bent))
    states = encoder.states[0]
    if measured is None:
        return HiddenStates(states, whole, at_speeds=at_speeds, bent=bent)
    in_windows = of(measured)
    shapes = [opened(file).shape for file in in_windows]
    counts, frames = tuple(shape[0] for shape in shapes), shapes[0][1]
    return HiddenStates(states, whole, in_windows, counts, frames, at_speeds, bent)


def missing(
    utterances: Sequence[Utterance], encoder: Encoder, cache: Path, copies: Copies
) -> list[Utterance]:
    """List those of some utterances that lack the file of a version.

    Args:
        utterances: with hashes.
        encoder: of any kind.
        cache: as of `load`.
        copies: likewise.
    """
    folder, all_versions = cache / encoder.key, [*versions(encoder.windows, copies)]
    return [
        utterance
        for utterance in utterances
        if not all(version.file(folder, utterance).exists() for version in all_versions)
    ]
