"""What listeners of CREMA-D heard, as soft labels beside what was acted: forms side by side.

`micro` without padding learns from CREMA-D and EMO-DB and is measured on four corpora that taught
nothing, see `benchmarks.trials`. Votes are ``processedResults/tabulatedVotes.csv`` of CREMA-D's
release. Run by hand, resumable, half a minute a form and seed:
``python -m benchmarks.votes tabulatedVotes.csv``.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from benchmarks import trials
from benchmarks.trials import CLASSES
from torch import Tensor
from torch.nn import functional as F

from lightspeech.audio.frontend import MelConfig
from lightspeech.corpora.base import Utterance
from lightspeech.frontends import mel_features
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Batches, Shares
from lightspeech.frontends.mel_features import MelFeatures
from lightspeech.training import losses
from lightspeech.training.label_losses import cross_entropy
from lightspeech.training.loop import Training
from lightspeech.training.objective import Objective, Pass

CFG = MelConfig(level="recent", floor=1e-18, range_db=30)
TAUGHT = ("crema_d", "emodb")
MEASURED = ("savee", "banglaser", "ravdess", "nemo")
PATH = Path("benchmarks/votes.json")
VOICE_ALONE = "1"
"""First digit of the row of a clip that was heard and not seen."""


@dataclass(frozen=True)
class Form:
    """What a clip's label is made of.

    Attributes:
        votes: share of what listeners heard in it; the rest is what was acted.
        alike: whether classes are weighed alike, since most of what listeners hear is neutral.
    """

    votes: float = 0.0
    alike: bool = False


FORMS = {
    "acted": Form(),
    "votes": Form(votes=1.0),
    "votes, classes alike": Form(votes=1.0, alike=True),
    "half votes, classes alike": Form(votes=0.5, alike=True),
}


def acted(utterances: Sequence[Utterance]) -> Tensor:
    """Give what was acted, shape ``(n, n_classes)``."""
    return F.one_hot(torch.from_numpy(trials.classes_of(utterances)), len(CLASSES)).float()


def heard(utterances: Sequence[Utterance], path: Path) -> Tensor:
    """Give the shares of the votes of each clip of CREMA-D that fell on one of the classes.

    Args:
        utterances: of any corpora.
        path: of the table of votes.

    Returns:
        Shape ``(n, n_classes)``, rows sum to 1; what was acted where there is no such vote.
    """
    with path.open(newline="") as file:
        voted = {
            f"crema_d/{line['fileName']}": [float(line[name[0].upper()]) for name in CLASSES]
            for line in csv.DictReader(file)
            if line[""].startswith(VOICE_ALONE)
        }
    counts = torch.tensor([voted.get(u.id, [0.0] * len(CLASSES)) for u in utterances])
    total = counts.sum(1, keepdim=True)
    return torch.where(total > 0, counts / total.clamp(min=1), acted(utterances))


class SoftLabels(Objective):
    """The loss of labels that are shares of classes: smoothed and mixed up as others are."""

    def __init__(
        self, _: Batches, n_classes: int, cfg: Training, *, shares: Tensor, weights: Tensor
    ) -> None:
        """Take the labels.

        Args:
            n_classes: number of classes.
            cfg: how much labels are smoothed.
            shares: of each class in the label of every recording, shape ``(n, n_classes)``.
            weights: of the classes, shape ``(n_classes,)``.
        """
        super().__init__()
        kept = 1 - cfg.label_smoothing
        self.targets, self.weights = shares * kept + cfg.label_smoothing / n_classes, weights

    def score(self, output: Pass) -> Tensor:
        """Score logits of mixed examples against their mixed labels."""
        soft = self.targets[output.batch.rows]
        soft = soft if output.mix is None else losses.mixup(soft, output.mix)
        return cross_entropy.score(output.logits, soft, self.weights, cross_entropy.Config())


def weights_of(shares: Tensor, drawn: Shares) -> Tensor:
    """Give every class the same say.

    Args:
        shares: of each class in the label of every recording drawn, shape ``(n, n_classes)``.
        drawn: how often each comes, shape ``(n,)``.

    Returns:
        Shape ``(n_classes,)``, 1 where they have it already.
    """
    return 1 / (shares.shape[1] * (torch.from_numpy(drawn).float() @ shares))


@dataclass(frozen=True, eq=False)
class Trial:
    """Recordings of all corpora, their features, and the table of votes."""

    utterances: list[Utterance]
    features: MelFeatures
    votes: Path

    def measure(self, form: Form, seed: int) -> dict[str, float]:
        """Train under a form and give the UAR of each corpus that taught nothing."""
        corpora, truth = np.array([u.corpus for u in self.utterances]), acted(self.utterances)
        rows = np.flatnonzero(np.isin(corpora, TAUGHT))
        shares = torch.lerp(truth, heard(self.utterances, self.votes), form.votes)
        drawn = trials.shares(self.utterances, rows)
        weights = weights_of(shares[rows], drawn) if form.alike else torch.ones(len(CLASSES))
        label_loss = partial(SoftLabels, shares=shares, weights=weights)
        batches = trials.batches(self.features, self.utterances, rows, Augment(), seed=seed)
        network = trials.train(batches, CFG, seed=seed, label_loss=label_loss)
        return {
            c: trials.uar(network, self.features, batches.layer, np.flatnonzero(corpora == c),
                          truth.argmax(1).numpy())
            for c in MEASURED
        }  # fmt: skip


def main() -> None:
    """Train what the file of results lacks, and write it after each training."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("votes", type=Path, help="tabulatedVotes.csv of CREMA-D's release")
    asked.add_argument("--results", type=Path, default=Path("results"))
    asked.add_argument("--cache", type=Path, default=Path("cache"))
    asked.add_argument("--seeds", type=int, default=1)
    asked.add_argument("--forms", nargs="*", default=list(FORMS), choices=list(FORMS))
    got = asked.parse_args()
    torch.set_num_threads(1)
    utterances = trials.recordings()
    features = mel_features.load(utterances, CFG, trials.WINDOWS, got.cache)
    trial = Trial(utterances, features, got.votes)
    path = got.results / PATH
    trials.fill(path, got.forms, got.seeds, lambda name, seed: trial.measure(FORMS[name], seed))


if __name__ == "__main__":
    main()
