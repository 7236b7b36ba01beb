"""Hidden states of a corpus in a frozen encoder: kept a file a recording, read back by batches.

A file a recording, named by its sound, so that every study, vocabulary and mix of corpora shares
them, a killed extraction goes on where it was, and memory stays flat however large a corpus is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from lightspeech.audio import io
from lightspeech.audio.windows import Windows
from lightspeech.corpora.base import Utterance
from lightspeech.errors import StudyError
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Index, Order
from lightspeech.frontends.cache import find, keep, opened
from lightspeech.frontends.contract import Layer, Origin, Step, no_step
from lightspeech.frontends.pretrained import HALF, Listen
from lightspeech.frontends.state_batches import StateBatches, stack
from lightspeech.frontends.states import SAMPLE_RATE, States

BATCH = 64
"""Windows measured at once."""


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


@dataclass(frozen=True, eq=False)
class HiddenStates:
    """Hidden states of every utterance of a corpus, on disk.

    Attributes:
        states: what is kept of the encoder.
        files: one of each utterance, float16, shape ``(frames, n_features)``.
        window_files: one of each utterance, of the windows it is measured in, shape ``(windows,
            frames, n_features)``; none where it is measured whole.
        window_counts: of each utterance; none where it is measured whole.
        window_frames: of each window; None where it is measured whole.
        at_speeds: further files of each utterance, spoken faster or slower; a tuple for each speed.
    """

    states: States
    files: tuple[Path, ...]
    window_files: tuple[Path, ...] = ()
    window_counts: tuple[int, ...] = ()
    window_frames: int | None = None
    at_speeds: tuple[tuple[Path, ...], ...] = ()

    @property
    def window_offsets(self) -> Index:
        """First window of each utterance and the end; whole it is one: shape ``(n + 1,)``."""
        return np.cumsum([0, *(self.window_counts or [1] * len(self.files))])

    @property
    def multiple(self) -> int:
        """Of what lengths in frames are multiples: few lengths where blocks are tuned.

        Every length has kernels of its own, and kernels of all lengths are gigabytes.
        """
        return 32 if self.states.tuned else 1

    def read_version(self, row: int, version: int = 0) -> HALF:
        """Read the hidden states of one utterance, shape ``(frames, n_features)``.

        Args:
            row: of the corpus.
            version: 0 as it was spoken, from 1 on at the other speeds.

        Raises:
            StudyError: if the file is damaged.
        """
        return _read((self.files, *self.at_speeds)[version][row])

    def read(self, row: int) -> Tensor:
        """Give the hidden states of one utterance, shape ``(frames, n_features)``, float16."""
        return torch.from_numpy(self.read_version(row))

    def read_windows(self, row: int) -> Sequence[HALF]:
        """Read what an utterance is measured by: its windows, or itself.

        Args:
            row: of the corpus.

        Returns:
            Hidden states of each window, shape ``(frames, n_features)``.

        Raises:
            StudyError: if the file is damaged.
        """
        if not self.window_files:
            return [self.read_version(row)]
        return list(_read(self.window_files[row]))

    def measure(self, rows: Index) -> Iterator[Tensor]:
        """Give the windows of some utterances, or these whole, in order.

        Args:
            rows: of the corpus, shape ``(n_rows,)``.

        Yields:
            Shape ``(batch, longest, n_features)``, frames of zeros behind the shorter ones.
        """
        windows = chain.from_iterable(self.read_windows(row) for row in rows)
        while block := list(islice(windows, BATCH)):
            yield stack(block, self.multiple)

    def train(self, order: Order, targets: Tensor, augment: Augment) -> StateBatches:
        """Give batches to train on, see `CorpusInputs.train`.

        Args:
            order: in which the utterances to train on come.
            targets: class of every utterance of the corpus, shape ``(n,)``.
            augment: how far examples are bent.
        """
        return StateBatches(self, order, targets, augment)


def _read(file: Path) -> HALF:
    try:
        states: HALF = np.array(opened(file))
    except (OSError, ValueError) as error:
        raise StudyError(f"{file}: damaged ({error}); delete it and add --resume") from None
    return states


def load(
    utterances: Sequence[Utterance],
    encoder: Encoder,
    cache: Path,
    *,
    speeds: Sequence[float] = (),
    step: Step = no_step,
) -> HiddenStates:
    """Find the hidden states of a corpus in the cache folder, computing those that are not there.

    Args:
        utterances: what to hear, with paths and hashes.
        encoder: of any kind.
        cache: folder; hidden states of each encoder live below it.
        speeds: at which recordings are heard too.
        step: called after each utterance.

    Raises:
        AudioError: if a recording cannot be decoded.
        ConfigError: if there is no such encoder.
        MissingExtra: if transformers is not installed.
        OutputError: if the cache cannot be written.
    """
    whole, measured, *others = files_of(utterances, encoder, cache, speeds)
    rates, windows = (1.0, *speeds), encoder.windows
    for row, utterance in enumerate(utterances):
        versions = {files[row]: at for files, at in zip((whole, *others), rates, strict=True)}
        axes = dict.fromkeys(versions, 2) | {measured[row]: 2 if windows is None else 3}
        if missing := {file for file in axes if find(file, axes=axes[file]) is None}:
            listen = _listen(encoder)
            waveform = io.load(utterance.path, SAMPLE_RATE)
            if windows is not None and measured[row] in missing:
                pieces = windows.cut(waveform, SAMPLE_RATE)
                keep(np.stack([listen(piece) for piece in pieces]), measured[row])
            for file in missing & versions.keys():
                keep(listen(io.sped_up(waveform, versions[file])), file)
        step()
    states = encoder.states[0]
    if windows is None:
        return HiddenStates(states, whole, at_speeds=tuple(others))
    shapes = [opened(file).shape for file in measured]
    counts, frames = tuple(shape[0] for shape in shapes), shapes[0][1]
    return HiddenStates(states, whole, measured, counts, frames, tuple(others))


def files_of(
    utterances: Sequence[Utterance], encoder: Encoder, cache: Path, speeds: Sequence[float]
) -> list[tuple[Path, ...]]:
    """Name the files of all utterances: whole, as measured, and at each speed.

    Args:
        utterances: with hashes.
        encoder: of any kind.
        cache: folder of all cached features.
        speeds: at which recordings are heard too.
    """
    folder, windows = cache / encoder.key, encoder.windows
    cut = "" if windows is None else f"-{windows.window_s:g}-{windows.hop_s}"
    stems = [folder / u.audio_hash[:2] / f"{u.audio_hash}-{u.sample_rate}" for u in utterances]
    ends = ("", cut, *(f"-x{speed:g}" for speed in speeds))
    return [tuple(stem.with_name(f"{stem.name}{end}.npy") for stem in stems) for end in ends]


def _listen(encoder: Encoder) -> Listen:
    torch.set_num_threads(1)  # as in training: threads that wait for each other take minutes
    return encoder.listen
