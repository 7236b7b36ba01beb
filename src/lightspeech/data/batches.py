"""Batches by tensor operations: one gather, one bend, one transform a batch, no per-item loop."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lightspeech.audio.frontend import FrontEnd
from lightspeech.data import augment
from lightspeech.data.augment import Augment
from lightspeech.data.features import Features, Index
from lightspeech.data.frontend import FrontEndLayer
from lightspeech.errors import ConfigError

Shares = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Batch:
    """Training examples.

    Attributes:
        features: shape ``(batch, frames, n_features)``.
        targets: class of each, shape ``(batch,)``.
        rows: which utterance of the corpus each is, shape ``(batch,)``.
        mix: a number in [0, 1) for each, drawn for mixup, shape ``(batch,)``.
    """

    features: Tensor
    targets: Tensor
    rows: Tensor
    mix: Tensor


class Batches(Protocol):
    """What a training goes through: its rows, and the class of every utterance of the corpus."""

    rows: Tensor
    targets: Tensor

    def __len__(self) -> int:
        """Batches an epoch."""
        ...

    def epoch(self, number: int) -> Iterator[Batch]:
        """Go once through the training utterances."""
        ...


class Order:
    """In which order, new every epoch, utterances come, and how they fall into batches."""

    def __init__(
        self, rows: Index, *, batch_size: int, seed: int, shares: Shares | None = None
    ) -> None:
        """Take the rows to train on.

        Args:
            rows: of the corpus.
            batch_size: rows a batch.
            seed: of all orders.
            shares: probability of each row to be drawn, see `balance.shares`.

        Raises:
            ConfigError: if there are fewer than two utterances: no batch has statistics.
        """
        if len(rows) < 2:
            raise ConfigError(
                f"{len(rows)} utterance to train on, at least 2 are needed; widen the training part"
            )
        self.rows, self.batch_size, self.seed = torch.from_numpy(rows), batch_size, seed
        self.shares = shares

    def __len__(self) -> int:
        """Batches an epoch; a last one of one utterance is left out."""
        whole, rest = divmod(len(self.rows), self.batch_size)
        return whole + (rest > 1)

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Give the rows of each batch, and of each the number under which its bends are drawn.

        That is the row, so that the order changes nothing; a row that may come twice is bent anew.
        """
        generator, n = np.random.default_rng([self.seed, number, 1]), len(self.rows)
        if self.shares is None:
            rows = numbers = self.rows[torch.from_numpy(generator.permutation(n))]
        else:
            rows = self.rows[torch.from_numpy(generator.choice(n, n, p=self.shares))]
            numbers = torch.arange(n)
        parts = (torch.split(each, self.batch_size) for each in (rows, numbers))
        return itertools.islice(zip(*parts, strict=True), len(self))


class TrainingBatches:
    """All training utterances, every epoch in a new order and bent anew."""

    def __init__(
        self,
        features: Features,
        rows: Index,
        targets: Tensor,
        cfg: FrontEnd,
        bending: Augment,
        *,
        batch_size: int,
        seed: int,
        shares: Shares | None = None,
    ) -> None:
        """Hold what an epoch is made of.

        Args:
            features: of the whole corpus.
            rows: which utterances to train on.
            targets: class of every utterance of the corpus, shape ``(n,)``.
            cfg: the front end.
            bending: how far to bend.
            batch_size: examples a batch; a last batch of one is left out (no batch statistics).
            seed: of orders and bends.
            shares: of each row, see `Order`.

        Raises:
            ConfigError: if there are fewer than two utterances: no batch has statistics.
        """
        self.order = Order(rows, batch_size=batch_size, seed=seed, shares=shares)
        self.frames = torch.from_numpy(np.array(features.frames)) - float(np.log(cfg.floor))
        self.offsets = torch.from_numpy(np.array(features.offsets))
        self.rows, self.targets = torch.from_numpy(rows), targets
        self.n_frames = features.windows.shape[1]
        self.layer, self.bands = FrontEndLayer(cfg), augment.bands_of(cfg)
        self.bending, self.seed = bending, seed

    def __len__(self) -> int:
        """Batches an epoch."""
        return len(self.order)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Go once through the training utterances."""
        drawn = augment.draw(len(self.targets), self.bending, self.seed, number)
        for batch, numbers in self.order.epoch(number):
            u = drawn[numbers]
            source, lengths = self._gather(batch)
            log_bands = augment.bend(source, lengths, self.n_frames, u, self.bending, self.bands)
            yield Batch(self.layer.finish(log_bands), self.targets[batch], batch, u[:, 7])

    def _gather(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """Copy whole utterances side by side, silence behind the shorter ones."""
        first = self.offsets[batch]
        lengths = self.offsets[batch + 1] - first
        place = torch.arange(int(lengths.max()))
        inside = place < lengths[:, None]
        index = first[:, None] + place.minimum(lengths[:, None] - 1)
        return self.frames[index] * inside[:, :, None], lengths


def measuring_batches(
    features: Features, rows: Index, cfg: FrontEnd, *, batch_size: int = 64
) -> Iterator[Tensor]:
    """Give the measuring windows of some utterances, in order, shape ``(batch, frames, n)``."""
    layer = FrontEndLayer(cfg)
    spans = [range(features.window_offsets[r], features.window_offsets[r + 1]) for r in rows]
    places = np.concatenate([np.asarray(span, np.int64) for span in spans])
    for start in range(0, len(places), batch_size):
        block = np.array(features.windows[places[start : start + batch_size]])
        yield layer.finish(torch.from_numpy(block))
