"""Ratings in place of classes: how excited, pleasant or dominant speech is, told as a number.

The network gives one number a dimension, which a sigmoid brings onto the scale of the corpus; what
is minimized is one minus the concordance with what listeners said, as challenges of dimensional
emotion score it (Ringeval et al. 2019, AVEC).
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor

from lightspeech import metrics
from lightspeech.bundle import Number
from lightspeech.config import config
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.frontends.batches import Index
from lightspeech.training import losses
from lightspeech.training.objective import Objective, Pass, mixup

Rating = Literal["arousal", "valence", "dominance"]
Floats = npt.NDArray[np.float64]


@config
class Ratings:
    """What is told, and on which scale.

    Raises:
        ConfigError: if a dimension comes twice, or the scale has no length.
    """

    of: Annotated[tuple[Rating, ...], Field(min_length=1)]
    scale: tuple[Number, Number] = (1.0, 5.0)
    """The lowest and the highest that listeners could say; 1 and 5 in IEMOCAP."""

    def __post_init__(self) -> None:
        """Refuse what cannot be told."""
        low, high = self.scale
        if len(set(self.of)) < len(self.of):
            raise ConfigError(f"ratings.of must be distinct, found {list(self.of)}")
        if low >= high:
            raise ConfigError(
                f"ratings.scale must be LOW, HIGH with LOW below, found {low}, {high}"
            )

    def rated(self, utterances: Sequence[Utterance]) -> list[Utterance]:
        """Keep the utterances that listeners rated on all dimensions.

        Raises:
            ConfigError: if fewer than two are, or one lies off the scale.
        """
        kept = [u for u in utterances if None not in (getattr(u, name) for name in self.of)]
        if len(kept) < 2:
            raise ConfigError(
                f"{len(kept)} of {len(utterances)} recordings are rated by {list(self.of)}; take a "
                "corpus whose reader gives it: iemocap, or a table with columns of these names"
            )
        values = self.truth(kept)
        low, high = self.scale
        if off := np.flatnonzero(((values < low) | (values > high)).any(1)).tolist():
            raise ConfigError(
                f"{kept[off[0]].id} is rated {values[off[0]].tolist()}, off the scale of {low} to "
                f"{high}; say which it is: ratings.scale=[LOW, HIGH]"
            )
        return kept

    def truth(self, utterances: Sequence[Utterance]) -> Floats:
        """Give what listeners said.

        Args:
            utterances: all rated.

        Returns:
            Shape ``(n, dimensions)``.
        """
        return np.array([[getattr(u, name) for name in self.of] for u in utterances], np.float64)

    def told(self, logits: Tensor) -> Tensor:
        """Bring what a network gives onto the scale.

        Args:
            logits: shape ``(batch, dimensions)``.

        Returns:
            The same shape.
        """
        low, high = self.scale
        return low + (high - low) * logits.sigmoid()


def told_of_utterances(logits: npt.NDArray[np.float32], counts: Index, ratings: Ratings) -> Floats:
    """Rate each utterance: the mean over its windows.

    Args:
        logits: of all windows, shape ``(windows, dimensions)``.
        counts: windows of each utterance, shape ``(n,)``.
        ratings: what is told.

    Returns:
        Shape ``(n, dimensions)``.
    """
    told = ratings.told(torch.from_numpy(logits).double()).numpy()
    sums = np.add.reduceat(told, np.cumsum(counts) - counts, axis=0)
    mean: Floats = sums / counts[:, None]
    return mean


def agreement(told: Floats, truth: Floats) -> float:
    """Give the concordance, mean over dimensions.

    Args:
        told: by a model, shape ``(n, dimensions)``.
        truth: by listeners, same shape.

    Returns:
        −1 to 1.
    """
    return float(
        np.mean([metrics.concordance(*pair) for pair in zip(told.T, truth.T, strict=True)])
    )


class Rated(Objective):
    """What stands in the place of the labels' loss: one minus the concordance of a batch."""

    truth: Tensor
    """Of the whole corpus, shape ``(n, dimensions)``."""

    def __init__(self, ratings: Ratings, utterances: Sequence[Utterance]) -> None:
        """Take what listeners said.

        Args:
            ratings: what is learnt.
            utterances: of the whole corpus, all rated.
        """
        super().__init__()
        self.ratings = ratings
        truth = torch.from_numpy(ratings.truth(utterances)).float()
        self.register_buffer("truth", truth, persistent=False)

    def score(self, output: Pass) -> Tensor:
        """Score what is told of mixed examples against their mixed ratings.

        Args:
            output: what the network made of a batch.

        Returns:
            A scalar, 0 to 2, mean over dimensions.
        """
        told = self.ratings.told(output.logits)
        truth = mixup(self.truth[output.batch.rows], output.mix)
        terms = [losses.concordance(*pair) for pair in zip(told.T, truth.T, strict=True)]
        return 1 - torch.stack(terms).mean()
