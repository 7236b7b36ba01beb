"""Inputs of two front ends side by side: by the names of the parts, in the same windows."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from torch import Tensor

from lightspeech.errors import ConfigError
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Batch, Batches, Index, Order
from lightspeech.frontends.contract import CorpusInputs
from lightspeech.frontends.inputs import Inputs, apply, n_examples

FIRST, SECOND = "first", "second"


def named(first: Inputs, second: Inputs) -> dict[str, Tensor]:
    """Put the tensors of both side by side; those of a pair within a pair get a longer name.

    Args:
        first: of the first part, batch first, such as shape ``(batch, frames, n_features)``.
        second: of the second one, such as shape ``(batch, tokens, 2)``.
    """
    return {**_prefixed(FIRST, first), **_prefixed(SECOND, second)}


def _prefixed(name: str, inputs: Inputs) -> dict[str, Tensor]:
    if isinstance(inputs, Tensor):
        return {name: inputs}
    return {f"{name}.{inner}": tensor for inner, tensor in inputs.items()}


def part(inputs: dict[str, Tensor], name: str) -> Inputs:
    """Give the inputs of one part of a pair.

    Args:
        inputs: as `Pair.example` gives them.
        name: `FIRST` or `SECOND`.

    Returns:
        Batch first, such as shape ``(batch, frames, n_features)``; by name if it is a pair itself.
    """
    if name in inputs:
        return inputs[name]
    start = f"{name}."
    return {n.removeprefix(start): x for n, x in inputs.items() if n.startswith(start)}


def _alike(first: Iterator[Inputs], second: Iterator[Inputs]) -> Iterator[tuple[Inputs, Inputs]]:
    """Cut batches of two sizes so that both hold the same windows."""
    one, other = next(first, None), next(second, None)
    while one is not None and other is not None:
        n = min(n_examples(one), n_examples(other))
        yield apply(lambda x: x[:n], one), apply(lambda x: x[:n], other)  # noqa: B023
        one, other = _rest(one, n, first), _rest(other, n, second)


def _rest(batch: Inputs, n: int, more: Iterator[Inputs]) -> Inputs | None:
    """What is left behind the first ``n`` of a batch; of a whole batch the next one."""
    return apply(lambda x: x[n:], batch) if n < n_examples(batch) else next(more, None)


@dataclass(frozen=True, eq=False)
class PairInputs:
    """What both front ends find in a corpus."""

    first: CorpusInputs
    second: CorpusInputs

    @property
    def window_offsets(self) -> Index:
        """First window of each utterance and the end, shape ``(n + 1,)``."""
        return self.second.window_offsets

    def read(self, row: int) -> Tensor:
        """Refuse: two front ends have frames of their own each.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(
            "a speaker's voice is taken of one front end, not of a pair; set normalisation to "
            "training"
        )

    def measure(self, rows: Index) -> Iterator[dict[str, Tensor]]:
        """Give the windows of some utterances.

        Args:
            rows: of the corpus, shape ``(n_rows,)``.

        Yields:
            The inputs of both parts, by name.
        """
        for both in _alike(self.first.measure(rows), self.second.measure(rows)):
            yield named(*both)

    def train(self, order: Order, targets: Tensor, augment: Augment) -> "PairBatches":
        """Give batches to train on, see `CorpusInputs.train`.

        Args:
            order: in which the utterances to train on come.
            targets: class of every utterance of the corpus, shape ``(n,)``.
            augment: how far examples are bent.
        """
        return PairBatches(*(x.train(order, targets, augment) for x in (self.first, self.second)))


class PairBatches:
    """Training batches of both, in one order."""

    def __init__(self, first: Batches, second: Batches) -> None:
        """Take the batches of each.

        Args:
            first: of the first front end.
            second: of the second one, in the same order.
        """
        self.first, self.second = first, second
        self.rows, self.targets = first.rows, first.targets

    def __len__(self) -> int:
        """Batches an epoch."""
        return len(self.first)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Go once through the training utterances."""
        for first, second in zip(self.first.epoch(number), self.second.epoch(number), strict=True):
            yield replace(first, features=named(first.features, second.features))
