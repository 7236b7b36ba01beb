"""Two front ends side by side: a network is given the inputs of both, by the names of the parts.

Both cut recordings into the same windows, or one has no windows, as a text, and stands in all of
those of the other. What is bent in training is drawn alike for both, each bends it in its own way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol, runtime_checkable

import numpy as np
from torch import Tensor

from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, config, plugin
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.frontends.augment import PLAIN, Augment
from lightspeech.frontends.batches import Index
from lightspeech.frontends.contract import (
    CorpusInputs,
    Cost,
    Frontend,
    Layer,
    Origin,
    Step,
    no_step,
)
from lightspeech.frontends.pair_inputs import PairInputs, named


@config
class Config:
    """Both front ends, as a recipe would say each."""

    first: Annotated[Choice, plugin("lightspeech.frontends")]
    second: Annotated[Choice, plugin("lightspeech.frontends")]


@runtime_checkable
class Unwindowed(Protocol):
    """Inputs of an utterance as a whole, such as its words."""

    def in_windows(self, window_offsets: Index) -> CorpusInputs:
        """Give the same inputs in every window of their utterance.

        Args:
            window_offsets: of the front end beside it, shape ``(n + 1,)``.
        """


@dataclass(frozen=True)
class Pair:
    """Both front ends, see `contract.Frontend`."""

    first: Frontend
    second: Frontend

    @property
    def n_features(self) -> int:
        """Numbers a frame, of both together."""
        return self.first.n_features + self.second.n_features

    @property
    def sample_rate(self) -> int:
        """Of the waveforms that both take, Hz."""
        return self.first.sample_rate

    @property
    def scheme(self) -> str:
        """Of what stands before the first network."""
        return self.first.scheme

    @property
    def in_bundle(self) -> bool:
        """Whether a bundle can hold both."""
        return all(part.in_bundle for part in self)

    @property
    def tuned(self) -> int:
        """Blocks of both that are trained with the network."""
        return sum(part.tuned for part in self)

    def open(
        self, utterances: Sequence[Utterance], cache: Path, step: Step = no_step
    ) -> "PairInputs":
        """Open both, see `contract.Frontend.open`.

        Args:
            utterances: the corpus, with paths and hashes.
            cache: folder of all cached features.
            step: called after each utterance.

        Raises:
            ConfigError: if they do not cut recordings into the same windows.
        """
        first, second = (part.open(utterances, cache, step) for part in self)
        if isinstance(first, Unwindowed):
            first = first.in_windows(second.window_offsets)
        if isinstance(second, Unwindowed):
            second = second.in_windows(first.window_offsets)
        if not np.array_equal(first.window_offsets, second.window_offsets):
            raise ConfigError(
                "two front ends side by side need the same windows, and an encoder of transformers "
                "hears an utterance whole; take one that `lightspeech shrink` made"
            )
        return PairInputs(first, second)

    def missing(self, utterances: Sequence[Utterance], cache: Path) -> list[Utterance]:
        """List those of ``utterances`` that either front end finds missing in ``cache``."""
        either = {u.id: u for part in self for u in part.missing(utterances, cache)}
        return list(either.values())

    def example(self) -> dict[str, Tensor]:
        """Inputs of one silent window, by name."""
        return named(self.first.example(), self.second.example())

    def layer(self, *, any_length: bool) -> "PairLayer | None":
        """Both inside one graph; None where no bundle can hold one of them."""
        if not self.in_bundle:
            return None
        layers = [part.layer(any_length=any_length) for part in self]
        held = [layer for layer in layers if layer is not None]
        return PairLayer(*held) if len(held) == len(layers) else None

    def files(self) -> dict[str, str]:
        """Those of both."""
        return {**self.first.files(), **self.second.files()}

    def network_alone(self, *, any_length: bool) -> None:
        """None: a network of several inputs stands in no graph alone."""

    def cost(self) -> Cost:
        """Count both."""
        costs = [part.cost() for part in self]
        macs = [cost.macs for cost in costs if cost.macs is not None]
        return Cost(
            n_params=sum(cost.n_params for cost in costs),
            macs=sum(macs) if len(macs) == len(costs) else None,
        )

    def origins(self) -> tuple[Origin, ...]:
        """Whose work both bring along."""
        return tuple(origin for part in self for origin in part.origins())

    def __iter__(self) -> Iterator[Frontend]:
        """Go through both."""
        return iter((self.first, self.second))


class PairLayer(Layer):
    """Both front ends inside one graph; inputs that both take are one."""

    def __init__(self, first: Layer, second: Layer) -> None:
        """Take the layers of both.

        Args:
            first: of the first front end.
            second: of the second one.
        """
        super().__init__({**first.sources, **second.sources}, first)
        self.second = second
        self.names = [list(layer.sources) for layer in (first, second)]

    def forward(self, *sources: Tensor) -> dict[str, Tensor]:
        """Compute the inputs of the network.

        Args:
            sources: a tensor for each source, in order; shape as of its example but for open axes.

        Returns:
            The inputs of both parts, by name.
        """
        tensors = dict(zip(self.sources, sources, strict=True))
        first, second = ([tensors[name] for name in names] for names in self.names)
        return named(self.compute(*first), self.second(*second))


def build(cfg: Config, *, windows: Windows, augment: Augment = PLAIN) -> Pair:
    """Make both front ends.

    Args:
        cfg: both.
        windows: of both.
        augment: at whose speeds, and how bent, recordings are heard too in training.

    Raises:
        ConfigError: if they take waveforms of different rates, or one cannot be.
    """
    first, second = (
        each.module.build(each.config, windows=windows, augment=augment)
        for each in (cfg.first, cfg.second)
    )
    if first.sample_rate != second.sample_rate:
        raise ConfigError(
            f"two front ends side by side need one sample rate, found {first.sample_rate} and "
            f"{second.sample_rate} Hz"
        )
    return Pair(first, second)
