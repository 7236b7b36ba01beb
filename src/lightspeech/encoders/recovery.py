"""Recovery of a small encoder: it learns again, without labels, to say what the large one says.

What each block that is left gives is held to the same block of the large encoder, and from the last
one a projection must tell a far deeper hidden state, as in DistilHuBERT (Chang et al. 2022, arXiv
2110.01900, sec. 3). Differs: the student begins with pruned blocks of the teacher, and after layer
norm one squared error does for all.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech.audio import io
from lightspeech.frontends.batches import Batch, Order
from lightspeech.frontends.states import SAMPLE_RATE
from lightspeech.frontends.whisper_blocks import STRIDE, WhisperBlocks
from lightspeech.training import loop
from lightspeech.training.loop import Training

CROP = 100 * STRIDE
"""Samples of a training example, two seconds; shorter recordings are repeated."""
HELD_OUT = 20
"""One of so many recordings is not trained on, but tells how far the student is."""


class Speech:
    """Recordings, every epoch in a new order, a new crop of each."""

    def __init__(self, recordings: Sequence[Path], cfg: Training) -> None:
        """Take some recordings.

        Args:
            recordings: to be decoded anew every epoch.
            cfg: its batch size counts.

        Raises:
            ConfigError: if there are fewer than two recordings.
        """
        self.recordings = recordings
        self.order = Order(np.arange(len(recordings)), batch_size=cfg.batch_size, seed=0)
        self.rows, self.targets = self.order.rows, torch.zeros(len(recordings), dtype=torch.long)

    def __len__(self) -> int:
        """Batches an epoch."""
        return len(self.order)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Go once through all recordings; features are waveforms, ``(batch, CROP)``."""
        drawn = torch.rand(len(self.targets), generator=torch.Generator().manual_seed(number))
        for rows, _ in self.order.epoch(number):
            crops = [self._crop(int(row), float(drawn[row])) for row in rows]
            yield Batch(torch.stack(crops), self.targets[rows], rows, drawn[rows])

    def _crop(self, row: int, place: float) -> Tensor:
        waveform = torch.from_numpy(io.load(self.recordings[row], SAMPLE_RATE))
        waveform = waveform.repeat(-(-CROP // len(waveform)))
        start = int(place * (len(waveform) - CROP + 1))
        return waveform[start : start + CROP]


class Likeness(nn.Module):
    """How far a small encoder is from a large one; the projection that tells the deep state."""

    def __init__(self, large: WhisperBlocks) -> None:
        """Take the large encoder, frozen; it gives the deep state last."""
        super().__init__()
        width = 2 * len(large.rates)
        self.tell = nn.Linear(width, width)
        self.large = (large,)  # no part of what is trained and saved

    def forward(self, small: nn.Module, batch: Batch, progress: float = 1.0) -> Tensor:
        """Mean squared error after layer norm, of every block and of the deep state.

        Args:
            small: encoder that learns.
            batch: whose features are waveforms, shape ``(batch, CROP)``.
            progress: of the training; nothing depends on it.

        Returns:
            Scalar, mean over all.
        """
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            expected = self.large[0](batch.features)
        states = small(batch.features).float()
        predicted = torch.cat([states, self.tell(states[:, -1:])], 1)
        kept = [*range(states.shape[1]), expected.shape[1] - 1]
        return F.mse_loss(_normed(predicted), _normed(expected[:, kept].float()))


def _normed(states: Tensor) -> Tensor:
    return F.layer_norm(states, states.shape[-1:])


def recover(
    small: WhisperBlocks,
    large: WhisperBlocks,
    recordings: Sequence[Path],
    cfg: Training,
    folder: Path,
) -> WhisperBlocks:
    """Train a small encoder; a killed training goes on from its checkpoint in ``folder``.

    Args:
        small: pruned blocks.
        large: the blocks as they were, and those up to the deep state.
        recordings: speech, no test speaker's; one in twenty is held out.
        cfg: how to train.
        folder: of the small encoder; ``history.jsonl`` stays there.

    Raises:
        AudioError: if a recording cannot be decoded.
        StudyError: if the training diverges, or its checkpoint is damaged.
    """
    torch.manual_seed(0)
    likeness = Likeness(large)
    trained = [path for place, path in enumerate(recordings) if place % HELD_OUT]
    held_out = list(Speech(recordings[::HELD_OUT], cfg).epoch(0))

    @torch.no_grad()
    def alike(candidate: nn.Module) -> float:
        candidate.eval()
        return 1 - float(np.mean([likeness(candidate, batch).item() for batch in held_out]))

    small.requires_grad_(True)
    recovered = loop.train(
        small, Speech(trained, cfg), cfg, folder, objective=likeness, select=alike, seed=0
    )
    assert isinstance(recovered, WhisperBlocks)
    return recovered.requires_grad_(False)
