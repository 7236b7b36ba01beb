"""Known speakers: any front end, standardized by each speaker's own unlabelled speech.

What a device could learn while its user talks to it. Figures of such a model include the test
speakers' other recordings, without labels, and are labelled *known speaker* wherever they stand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lightspeech.audio.voice import SMALLEST
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Batch, Batches, Index, Order
from lightspeech.frontends.contract import (
    CorpusInputs,
    Cost,
    Frontend,
    Layer,
    Origin,
    Step,
    no_step,
)
from lightspeech.frontends.inputs import Inputs


@dataclass(frozen=True)
class KnownSpeaker:
    """A front end whose features are standardized by speaker, see `contract.Frontend`.

    Attributes:
        stranger: the front end, which knows no speaker.
    """

    stranger: Frontend

    @property
    def n_features(self) -> int:
        """Numbers a frame."""
        return self.stranger.n_features

    @property
    def sample_rate(self) -> int:
        """Of the waveforms it takes, Hz."""
        return self.stranger.sample_rate

    @property
    def scheme(self) -> str:
        """Number format of the front end."""
        return self.stranger.scheme

    @property
    def in_bundle(self) -> bool:
        """Whether its features are to be had outside, where a voice is taken out of them."""
        return self.network_alone(any_length=True) is not None

    @property
    def tuned(self) -> int:
        """Blocks that are trained with the network."""
        return self.stranger.tuned

    def open(
        self, utterances: Sequence[Utterance], cache: Path, step: Step = no_step
    ) -> "KnownInputs":
        """Open the front end and compute the statistics of every speaker over all of his frames.

        Args:
            utterances: the corpus, with paths and hashes.
            cache: folder of all cached features.
            step: called after each utterance.

        Raises:
            ConfigError: if a speaker is unknown.
        """
        if unknown := [u.id for u in utterances if not u.speaker]:
            raise ConfigError(
                f"normalisation: speaker needs speakers, that of {unknown[0]} is unknown; name it, "
                "or set normalisation to training"
            )
        return know(self.stranger.open(utterances, cache, step), [u.speaker for u in utterances])

    def missing(self, utterances: Sequence[Utterance], cache: Path) -> list[Utterance]:
        """List those of ``utterances`` that the front end finds missing in ``cache``."""
        return self.stranger.missing(utterances, cache)

    def example(self) -> Inputs:
        """Give one silent window, a batch of one, such as shape ``(1, frames, n_features)``."""
        return self.stranger.example()

    def layer(self, *, any_length: bool) -> Layer | None:
        """Features as they are: a speaker's statistics are taken out before the graph."""
        return self.network_alone(any_length=any_length)

    def files(self) -> dict[str, str]:
        """Those of the front end."""
        return self.stranger.files()

    def network_alone(self, *, any_length: bool) -> Layer | None:
        """Features as they are."""
        return self.stranger.network_alone(any_length=any_length)

    def cost(self) -> Cost:
        """Count the front end."""
        return self.stranger.cost()

    def origins(self) -> tuple[Origin, ...]:
        """Whose work it brings along."""
        return self.stranger.origins()


@dataclass(frozen=True, eq=False)
class KnownInputs:
    """Inputs of a corpus whose speakers are known.

    Attributes:
        stranger: the inputs as they are.
        mean: of the features of each utterance's speaker, shape ``(n, n_features)``.
        deviation: standard deviation of these, shape ``(n, n_features)``.
    """

    stranger: CorpusInputs
    mean: Tensor
    deviation: Tensor

    @property
    def window_offsets(self) -> Index:
        """First window of each utterance and the end, shape ``(n + 1,)``."""
        return self.stranger.window_offsets

    def standardize(self, features: Inputs, rows: Tensor) -> Tensor:
        """Standardize examples; frames of zeros stay.

        Args:
            features: of the examples, shape ``(batch, frames, n_features)``.
            rows: utterance of each, shape ``(batch,)``.

        Returns:
            Standardized features, shape ``(batch, frames, n_features)``.
        """
        assert isinstance(features, Tensor)  # a pair has refused to be read
        known = (features - self.mean[rows, None]) / self.deviation[rows, None]
        return known.masked_fill_((features == 0).all(2, keepdim=True), 0.0)

    def read(self, row: int) -> Tensor:
        """Give the standardized features of one utterance, shape ``(frames, n_features)``."""
        return self.standardize(self.stranger.read(row)[None], torch.tensor([row]))[0]

    def measure(self, rows: Index) -> Iterator[Tensor]:
        """Give the windows of some utterances, standardized.

        Args:
            rows: of the corpus, shape ``(n_rows,)``.

        Yields:
            Shape ``(batch, frames, n_features)``.
        """
        of = torch.from_numpy(np.repeat(rows, np.diff(self.window_offsets)[rows]))
        for batch in self.stranger.measure(rows):
            yield self.standardize(batch, of[: len(batch)])
            of = of[len(batch) :]

    def train(self, order: Order, targets: Tensor, augment: Augment) -> "KnownBatches":
        """Give batches to train on, see `CorpusInputs.train`.

        Args:
            order: in which the utterances to train on come.
            targets: class of every utterance of the corpus, shape ``(n,)``.
            augment: how far examples are bent.
        """
        return KnownBatches(self.stranger.train(order, targets, augment), self)


class KnownBatches:
    """Training batches, standardized."""

    def __init__(self, batches: Batches, known: KnownInputs) -> None:
        """Take the batches as they are.

        Args:
            batches: of the front end.
            known: statistics of the speakers.
        """
        self.batches, self.known = batches, known
        self.rows, self.targets = batches.rows, batches.targets

    def __len__(self) -> int:
        """Batches an epoch."""
        return len(self.batches)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Go once through the training utterances."""
        for batch in self.batches.epoch(number):
            yield replace(batch, features=self.known.standardize(batch.features, batch.rows))


def know(inputs: CorpusInputs, speakers: Sequence[str]) -> KnownInputs:
    """Compute the statistics of every speaker over all of his frames.

    Args:
        inputs: of a corpus.
        speakers: of each utterance.
    """
    names, of = np.unique(speakers, return_inverse=True)
    statistics = [_statistics(inputs, np.flatnonzero(of == n)) for n in range(len(names))]
    mean, deviation = (torch.stack(part) for part in zip(*statistics, strict=True))
    return KnownInputs(inputs, mean[of], deviation[of])


def _statistics(inputs: CorpusInputs, rows: Index) -> tuple[Tensor, Tensor]:
    """Sum up utterance by utterance, so that memory stays flat."""
    n, total, squares = 0, torch.zeros(()), torch.zeros(())
    for row in rows:
        frames = inputs.read(row).double()
        n, total, squares = n + len(frames), total + frames.sum(0), squares + (frames**2).sum(0)
    mean = total / n
    deviation = (squares / n - mean**2).clamp(min=0).sqrt().clamp(min=SMALLEST)
    return mean.float(), deviation.float()
