"""Batches to train on, and the order in which utterances come."""

import copy
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lightspeech.errors import ConfigError
from lightspeech.frontends.inputs import Inputs, apply

Index = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Batch:
    """Training examples.

    Attributes:
        features: what the network is given, shape ``(batch, frames, n_features)``.
        targets: class of each, shape ``(batch,)``.
        rows: which utterance of the corpus each is, shape ``(batch,)``.
        mix: a number in [0, 1) for each, drawn for mixup, shape ``(batch,)``.
        view: the same utterances bent in another way, shape of ``features``; None: nobody asked.
    """

    features: Inputs
    targets: Tensor
    rows: Tensor
    mix: Tensor
    view: Inputs | None = None

    def to(self, device: torch.device) -> "Batch":
        """Give the same examples on a device."""
        return self._each(lambda x: x.to(device))

    def split(self, n: int) -> "list[Batch]":
        """Split into parts of much the same size, two examples each or more.

        Args:
            n: number of parts; fewer where there are not twice as many examples.
        """
        n_parts = max(1, min(n, len(self.targets) // 2))
        edges = [len(self.targets) * part // n_parts for part in range(n_parts + 1)]
        spans = [slice(*span) for span in pairwise(edges)]
        return [self._each(lambda x: x[span]) for span in spans]  # noqa: B023

    def _each(self, function: Callable[[Tensor], Tensor]) -> "Batch":
        """Give a batch of what a function makes of every tensor."""
        return Batch(
            apply(function, self.features),
            function(self.targets),
            function(self.rows),
            function(self.mix),
            None if self.view is None else apply(function, self.view),
        )


class Batches(Protocol):
    """What a training goes through, as `CorpusInputs.train` gives it.

    Attributes:
        rows: utterances to train on, by their place in the corpus, shape ``(n_rows,)``.
        targets: class of every utterance of the corpus, shape ``(n,)``.
    """

    rows: Tensor
    targets: Tensor

    def __len__(self) -> int:
        """Batches an epoch."""
        ...

    def epoch(self, number: int) -> Iterator[Batch]:
        """Go once through the training utterances."""
        ...


NO_ROWS: Index = np.zeros(0, np.int64)
Pace = Callable[[int], Shares | None]
"""How much each utterance of the corpus counts in an epoch, shape ``(n,)``; None: all alike."""


def steady(_epoch: int) -> None:
    """Let all utterances count alike in every epoch."""


class Order:
    """In which order, new every epoch, utterances come, and how they fall into batches."""

    def __init__(
        self,
        rows: Index,
        *,
        batch_size: int,
        seed: int,
        shares: Shares | None = None,
        extra: Index = NO_ROWS,
        extra_share: float = 0.0,
        pace: Pace = steady,
    ) -> None:
        """Take the rows to train on.

        Args:
            rows: places of utterances in the corpus, shape ``(n_rows,)``.
            batch_size: rows a batch.
            seed: of all orders, and of the bends of the batches (``bends``).
            shares: probability of each row to be drawn, shape ``(n_rows,)``, see `balance.shares`;
                None: each comes once an epoch.
            extra: rows of which each epoch draws some, without repetition, beside all others; shape
                ``(n_extra,)``.
            extra_share: share of these in an epoch, 0 to below 1, as far as there are so many.
            pace: how much each counts beside its share; an epoch has as many examples as ever.

        Raises:
            ConfigError: if there are fewer than two utterances: no batch has statistics.
        """
        if len(rows) < 2:
            raise ConfigError(
                f"{len(rows)} utterance to train on, at least 2 are needed; widen the training part"
            )
        self.rows, self.batch_size, self.seed = torch.from_numpy(rows), batch_size, seed
        self.shares, self.extra, self.pace, self.bends = shares, extra, pace, seed
        self.n_extra = min(len(extra), round(len(rows) * extra_share / (1 - extra_share)))

    def __len__(self) -> int:
        """Batches an epoch; a last one of one utterance is left out."""
        whole, rest = divmod(len(self.rows) + self.n_extra, self.batch_size)
        return whole + (rest > 1)

    def bent_anew(self) -> "Order":
        """Give the same order with bends of its own."""
        other = copy.copy(self)
        other.bends = self.seed + (1 << 32)  # which no seed of a study is
        return other

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Give the rows of each batch, and of each the number under which its bends are drawn.

        That is the row, so that the order changes nothing; a row that may come twice is bent anew.
        """
        generator, n = np.random.default_rng([self.seed, number, 1]), len(self.rows)
        if (shares := self._shares(number)) is None:
            rows = numbers = self.rows[torch.from_numpy(generator.permutation(n))]
        else:
            rows = self.rows[torch.from_numpy(generator.choice(n, n, p=shares))]
            numbers = torch.arange(n)
        if self.n_extra:
            extra = torch.from_numpy(generator.choice(self.extra, self.n_extra, replace=False))
            among = torch.from_numpy(generator.permutation(n + self.n_extra))
            rows, numbers = (torch.cat([part, extra])[among] for part in (rows, numbers))
        parts = (torch.split(each, self.batch_size) for each in (rows, numbers))
        return itertools.islice(zip(*parts, strict=True), len(self))

    def _shares(self, number: int) -> Shares | None:
        """Probability of each row in an epoch; None: each comes once."""
        weights = self.pace(number)
        if weights is None:
            return self.shares
        weighted = weights[self.rows] * (1.0 if self.shares is None else self.shares)
        probabilities: Shares = weighted / weighted.sum()
        return probabilities
