from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from lightspeech.corpora.base import Utterance
from lightspeech.frontends.batches import Batch
from lightspeech.protocols.base import Split
from lightspeech.training.loop import Training
from lightspeech.training.objective import Labels, Sum
from lightspeech.training.task import Task


class Points:
    """Vectors as utterances: every epoch all of them, in batches, with noise of its own."""

    def __init__(self, x, targets, *, rows=None, batch_size=32, noise=0.0):
        self.x, self.targets, self.batch_size, self.noise = x, targets, batch_size, noise
        self.rows = torch.arange(len(x)) if rows is None else rows

    def __len__(self):
        return len(self.rows) // self.batch_size

    def epoch(self, number):
        generator = torch.Generator().manual_seed(number)
        order = self.rows[torch.randperm(len(self.rows), generator=generator)]
        for rows in order[: len(self) * self.batch_size].split(self.batch_size):
            one, other = (
                self.x[rows] + self.noise * torch.randn(self.x[rows].shape, generator=generator)
                for _ in range(2)
            )
            mix = torch.rand(len(rows), generator=generator)
            yield Batch(one, self.targets[rows], rows, mix, view=other)


class Small(nn.Module):
    """Two layers and a head."""

    def __init__(self, n_inputs, n_classes, width):
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Linear(n_inputs, 32), nn.ReLU(), nn.Linear(32, width))
        self.head = nn.Linear(width, n_classes)

    def forward(self, x):
        return self.head(self.body(x))


@pytest.fixture
def points():
    return Points


@pytest.fixture
def descend():
    """Train a small network on points by its labels and more, and give it in evaluation mode."""

    def train(batches, n_classes, objective_of=None, *, epochs=30, width=8):
        network = Small(batches.x.shape[1], n_classes, width)
        cfg = Training(label_smoothing=0.0)
        objectives = [Labels(batches, n_classes, cfg)]
        objectives += [objective_of(network)] if objective_of else []
        total = Sum(network, objectives, mixup=0.0)
        learnt = [p for p in [*network.parameters(), *total.parameters()] if p.requires_grad]
        optimizer = torch.optim.Adam(learnt, 1e-2)
        for number in range(epochs):
            for step, batch in enumerate(batches.epoch(number)):
                loss = total(network, batch, (number + step / len(batches)) / epochs)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        return network.eval()

    return train


@pytest.fixture
def task(tmp_path):
    """Two dozen utterances of three classes by four speakers, the last of whom is tested."""
    n = 24
    utterances = tuple(
        Utterance(
            id=f"toy/{row}", path=Path("none.wav"), corpus="toy" if row % 4 < 2 else "other",
            speaker=f"toy/{row % 4}", emotion="abc"[row % 3], sex=("female", "male")[row % 2],
            intensity=("normal", "strong")[row // 12], sentence=f"{row // 6}",
        )
        for row in range(n)
    )  # fmt: skip
    ids = [utterance.id for utterance in utterances]
    return Task(
        config=None, folder=tmp_path / "run", cache=tmp_path, utterances=utterances,
        labels=tuple("abc"), targets=np.arange(n) % 3,
        split=Split(
            name="0", train=tuple(ids[row] for row in range(n) if row % 4 < 3), selection=(),
            test=tuple(ids[3::4]),
        ), fold=0, seed=0,
    )  # fmt: skip
