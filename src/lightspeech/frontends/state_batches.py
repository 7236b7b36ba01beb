"""Batches of hidden states to train on: cut, hidden in part and stacked."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from lightspeech.frontends import augment
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Batch, Order
from lightspeech.frontends.listen import HALF
from lightspeech.frontends.states import States


class Kept(Protocol):
    """Hidden states of a corpus, see `hidden_states.HiddenStates`."""

    @property
    def states(self) -> States:
        """What is kept of the encoder."""

    @property
    def at_speeds(self) -> tuple[tuple[Path, ...], ...]:
        """Further files of each utterance; a tuple for each speed."""

    @property
    def window_frames(self) -> int | None:
        """Of each window; None where it is measured whole."""

    @property
    def multiple(self) -> int:
        """Of what lengths in frames are multiples."""

    def read_version(self, row: int, version: int = 0) -> HALF:
        """Read the hidden states of one version, shape ``(frames, n_features)``.

        Args:
            row: of the corpus.
            version: 0 as it was spoken, from 1 on at the other speeds, then bent.
        """

    def read_windows(self, row: int, bend: int = 0) -> Sequence[HALF]:
        """Read what an utterance is measured by: its windows, or itself.

        Args:
            row: of the corpus.
            bend: 0 as it was spoken, from 1 on as bent.

        Returns:
            Hidden states of each, shape ``(frames, n_features)``.
        """


class StateBatches:
    """All training utterances, every epoch in a new order, cropped and masked anew."""

    def __init__(self, corpus: Kept, order: Order, targets: Tensor, bending: Augment) -> None:
        """Hold what an epoch is made of.

        Args:
            corpus: hidden states of all utterances.
            order: in which the utterances to train on come; its ``bends`` seed all bends.
            targets: class of every utterance of the corpus, shape ``(n,)``.
            bending: how far examples are bent.
        """
        self.order, self.rows, self.targets = order, order.rows, targets
        self.corpus, self.bending = corpus, bending

    def __len__(self) -> int:
        """Batches an epoch."""
        return len(self.order)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Go once through the training utterances."""
        n, seed = len(self.targets), self.order.bends
        drawn = augment.draw(n, self.bending, seed, number)
        bends = augment.versions(n, self.bending.bends, seed, number)
        for batch, numbers in self.order.epoch(number):
            u, bent = drawn[numbers], bends[numbers].tolist()
            cut = map(self._cut, batch.tolist(), bent, u[:, :3].tolist())
            features = self._mask(stack([*cut], self.corpus.multiple), u[:, 8:])
            yield Batch(features, self.targets[batch], batch, u[:, augment.MIX])

    def _cut(self, row: int, bend: int, u: Sequence[float]) -> HALF:
        """Choose a speed, cut up to a share off both ends, and no more than a window is left.

        Or choose one of the windows that are measured.
        """
        corpus, (start, end, speed) = self.corpus, u
        if self.bending.as_measured:
            windows = corpus.read_windows(row, bend)
            return windows[int(start * len(windows))]
        n_speeds = len(corpus.at_speeds)
        version = n_speeds + bend if bend else int(speed * (1 + n_speeds))
        states = corpus.read_version(row, version)
        longest = self.bending.crop * len(states)
        left = states[int(start * longest) : len(states) - int(end * longest)]
        return left[: corpus.window_frames]

    def _mask(self, features: Tensor, u: Tensor) -> Tensor:
        """Hide drawn stretches of time: frames of zeros do not count.

        They are drawn over the longest of the batch, so that of shorter ones less is hidden.
        """
        n = self.bending.time_masks
        longest = self.bending.time_mask_s / self.corpus.states.pool_s
        hidden = augment.runs(u[:, : 2 * n], features.shape[1], longest)
        return features.masked_fill_(hidden[:, :, None], 0.0)


def stack(states: Sequence[HALF], multiple: int = 1) -> Tensor:
    """Stack utterances, zeros behind the shorter ones: ``(batch, frames, n)``.

    Args:
        states: of each utterance, shape ``(frames, n)``.
        multiple: of which the length is one.
    """
    longest = -(-max(map(len, states)) // multiple) * multiple
    stacked = torch.zeros(len(states), longest, states[0].shape[1])
    for row, frames in zip(stacked, states, strict=True):
        row[: len(frames)] = torch.from_numpy(frames)
    return stacked
