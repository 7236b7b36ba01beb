"""Known speakers: features standardized by statistics of each speaker's own unlabelled speech.

What a device could learn while its user talks to it. Figures of such a model include the test
speakers' other recordings, without labels, and are labelled *known speaker* wherever they stand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lightspeech.audio.frontend import FrontEnd
from lightspeech.audio.voice import SMALLEST
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.frontends.batches import Batch, Batches
from lightspeech.frontends.hidden_states import Encoded
from lightspeech.frontends.mel_features import Features, Index
from lightspeech.frontends.mel_layer import FrontEndLayer


@dataclass(frozen=True, eq=False)
class Known:
    """Features of a corpus whose speakers are known.

    Attributes:
        heard: the features as they are.
        mean: of each utterance's speaker, shape ``(n, n_features)``.
        deviation: likewise.
    """

    heard: Features | Encoded
    mean: Tensor
    deviation: Tensor

    @property
    def window_offsets(self) -> Index:
        """First window of each utterance and the end, shape ``(n + 1,)``."""
        return self.heard.window_offsets

    def standardize(self, features: Tensor, rows: Tensor) -> Tensor:
        """Standardize examples, shape ``(batch, frames, n_features)``; frames of zeros stay.

        Args:
            features: of the examples.
            rows: utterance of each, shape ``(batch,)``.
        """
        made = (features - self.mean[rows, None]) / self.deviation[rows, None]
        return made.masked_fill_((features == 0).all(2, keepdim=True), 0.0)

    def measured(self, windows: Iterator[Tensor], rows: Index) -> Iterator[Tensor]:
        """Standardize the windows of some utterances, given in order."""
        of = torch.from_numpy(np.repeat(rows, np.diff(self.window_offsets)[rows]))
        for batch in windows:
            yield self.standardize(batch, of[: len(batch)])
            of = of[len(batch) :]


class KnownBatches:
    """Training batches, standardized."""

    def __init__(self, heard: Batches, known: Known) -> None:
        """Take the batches as they are."""
        self.heard, self.known = heard, known
        self.rows, self.targets = heard.rows, heard.targets

    def __len__(self) -> int:
        """Batches an epoch."""
        return len(self.heard)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Go once through the training utterances."""
        for batch in self.heard.epoch(number):
            yield replace(batch, features=self.known.standardize(batch.features, batch.rows))


def know(heard: Features | Encoded, utterances: Sequence[Utterance], cfg: FrontEnd) -> Known:
    """Compute the statistics of every speaker over all of his frames.

    Raises:
        ConfigError: if a speaker is unknown.
    """
    if unknown := [u.id for u in utterances if not u.speaker]:
        raise ConfigError(
            f"normalisation: speaker needs speakers, that of {unknown[0]} is unknown; name it, or "
            "set normalisation to training"
        )
    names, of = np.unique([u.speaker for u in utterances], return_inverse=True)
    layer = FrontEndLayer(cfg)
    made = [_statistics(heard, np.flatnonzero(of == index), layer) for index in range(len(names))]
    mean, deviation = (torch.stack(part) for part in zip(*made, strict=True))
    return Known(heard, mean[of], deviation[of])


def _statistics(
    heard: Features | Encoded, rows: Index, layer: FrontEndLayer
) -> tuple[Tensor, Tensor]:
    """Sum up utterance by utterance, so that memory stays flat."""
    n, total, squares = 0, torch.zeros(()), torch.zeros(())
    for row in rows:
        frames = _frames(heard, row, layer).double()
        n, total, squares = n + len(frames), total + frames.sum(0), squares + (frames**2).sum(0)
    mean = total / n
    deviation = (squares / n - mean**2).clamp(min=0).sqrt().clamp(min=SMALLEST)
    return mean.float(), deviation.float()


def _frames(heard: Features | Encoded, row: int, layer: FrontEndLayer) -> Tensor:
    if isinstance(heard, Encoded):
        return torch.from_numpy(heard.read(row))
    start, end = heard.offsets[row : row + 2]
    return layer.finish(torch.from_numpy(np.array(heard.frames[start:end])))
