"""Hidden states of a corpus in a frozen encoder, read from disk by batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lightspeech.errors import StudyError
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Index, Order
from lightspeech.frontends.cache import opened
from lightspeech.frontends.listen import HALF
from lightspeech.frontends.state_batches import StateBatches, stack
from lightspeech.frontends.states import States

BATCH = 64
"""Windows measured at once."""


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
        bent: likewise, a tuple for each bend: whole, or in windows where it is trained on these.
    """

    states: States
    files: tuple[Path, ...]
    window_files: tuple[Path, ...] = ()
    window_counts: tuple[int, ...] = ()
    window_frames: int | None = None
    at_speeds: tuple[tuple[Path, ...], ...] = ()
    bent: tuple[tuple[Path, ...], ...] = ()

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
            version: 0 as it was spoken, from 1 on at the other speeds, then bent.

        Raises:
            StudyError: if the file is damaged.
        """
        return _read((self.files, *self.at_speeds, *self.bent)[version][row])

    def read(self, row: int) -> Tensor:
        """Give the hidden states of one utterance, shape ``(frames, n_features)``, float16."""
        return torch.from_numpy(self.read_version(row))

    def read_windows(self, row: int, bend: int = 0) -> Sequence[HALF]:
        """Read what an utterance is measured by: its windows, or itself.

        Args:
            row: of the corpus.
            bend: 0 as it was spoken, from 1 on as bent.

        Returns:
            Hidden states of each window, shape ``(frames, n_features)``.

        Raises:
            StudyError: if the file is damaged.
        """
        if not self.window_files:
            return [self.read_version(row, bend and len(self.at_speeds) + bend)]
        return list(_read((self.window_files, *self.bent)[bend][row]))

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
