"""Short trainings that tell forms of a front end or of augmentation apart, across corpora.

`micro` without padding learns from `TAUGHT` and is measured on `MEASURED`, so that none of the
corpora that bars are set on is chosen by, and on speakers of the first who were kept apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from lightspeech import plugins
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice
from lightspeech.corpora import labels, preparing
from lightspeech.corpora.base import Utterance
from lightspeech.files import read_json, write_json
from lightspeech.frontends import balance, mel
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Index, Order, Shares
from lightspeech.frontends.mel_features import MelBatches, MelFeatures
from lightspeech.frontends.mel_layer import MelLayer
from lightspeech.models import micro
from lightspeech.reporting.trials import MEASURED, OWN
from lightspeech.studies import tasks
from lightspeech.training import loop
from lightspeech.training.objective import Labels, Objective, Sum

CORPORA = "lightspeech.corpora"
TAUGHT = ("ravdess", "emodb", "nemo")
KEPT_APART = 2
"""Speakers of each teaching corpus, the last by name, who teach nothing."""
CLASSES = labels.VOCABULARIES["common4"]
WINDOWS = Windows(hop_s=0.96)
TRAINING = loop.Training(epochs=20, balance="corpus_class", class_weights=False)


@dataclass(frozen=True, eq=False)
class Parts:
    """Who teaches and who is measured, by their places among the recordings.

    Attributes:
        taught: shape ``(n,)``.
        measured: of each corpus of `MEASURED`; ``own-`` and a corpus: speakers kept apart.
    """

    taught: Index
    measured: dict[str, Index]


def recordings() -> list[Utterance]:
    """Read all six corpora, four classes."""
    modules = [(name, plugins.load(CORPORA, name)) for name in TAUGHT + MEASURED]
    read = [preparing.prepare(Choice(CORPORA, name, module.Config())) for name, module in modules]
    found = labels.uncontradicted([u for corpus in read for u in corpus.utterances])
    return tasks.in_vocabulary(found, "common4")


def classes_of(utterances: Sequence[Utterance]) -> Index:
    """Give the class of each, shape ``(n,)``."""
    named = [labels.map_label(u.emotion, "common4") or "" for u in utterances]
    return np.array([CLASSES.index(name) for name in named])


def parts(utterances: Sequence[Utterance]) -> Parts:
    """Keep speakers of the teaching corpora apart."""
    corpora = np.array([u.corpus for u in utterances])
    speakers: npt.NDArray[np.str_] = np.array([u.speaker for u in utterances])
    last = {c: sorted(set(speakers[corpora == c]))[-KEPT_APART:] for c in TAUGHT}
    apart = np.isin(speakers, [name for names in last.values() for name in names])
    measured = {c: np.flatnonzero(corpora == c) for c in MEASURED}
    measured |= {f"{OWN}{c}": np.flatnonzero((corpora == c) & apart) for c in TAUGHT}
    return Parts(np.flatnonzero(np.isin(corpora, TAUGHT) & ~apart), measured)


def shares(utterances: Sequence[Utterance], rows: Index) -> Shares:
    """Draw corpora and classes alike often."""
    corpora = [utterances[row].corpus for row in rows]
    found = balance.shares(corpora, classes_of(utterances)[rows], "corpus_class")
    assert found is not None
    return found


def batches(
    features: MelFeatures,
    utterances: Sequence[Utterance],
    rows: Index,
    augment: Augment,
    *,
    seed: int,
    drawn: Shares | None = None,
) -> MelBatches:
    """Give batches of the rows that teach.

    Args:
        features: of all recordings.
        utterances: these.
        rows: that teach.
        augment: how far examples are bent.
        seed: of the order and the bends.
        drawn: how often each row comes; None: `shares`.
    """
    drawn = shares(utterances, rows) if drawn is None else drawn
    order = Order(rows, batch_size=64, seed=seed, shares=drawn)
    return features.train(order, torch.from_numpy(classes_of(utterances)), augment)


def train(
    batches: MelBatches,
    cfg: MelConfig,
    *,
    seed: int,
    padded: bool = False,
    copies: int = 0,
    label_loss: Callable[[MelBatches, int, loop.Training], Objective] = Labels,
) -> nn.Module:
    """Train `micro`, whatever it is taught, for as many steps.

    Args:
        batches: whose layer may be another than that of ``cfg``.
        cfg: the front end.
        seed: of weights and dropout.
        padded: whether layers are padded.
        copies: how often each recording is there besides, bent.
        label_loss: gives what scores labels, of batches, the number of classes and the training.
    """
    torch.manual_seed(seed)
    training = replace(TRAINING, epochs=max(TRAINING.epochs // (1 + copies), 1))
    front = mel.build(cfg, windows=WINDOWS)
    network = micro.build(micro.Config(padded=padded), frontend=front, n_classes=len(CLASSES))
    first = [batch.features for batch, _ in zip(batches.epoch(10_000), range(20), strict=False)]
    x = torch.cat([each for each in first if isinstance(each, Tensor)]).flatten(0, 1)
    norm = network.norm
    assert isinstance(norm, nn.BatchNorm1d)
    norm.load_state_dict({**norm.state_dict(), "running_mean": x.mean(0), "running_var": x.var(0)})
    norm.momentum = 0.0
    with TemporaryDirectory() as folder:
        labels_alone = [label_loss(batches, len(CLASSES), training)]
        objective = Sum(network, labels_alone, mixup=training.mixup)
        return loop.train(
            network, batches, training, Path(folder),
            objective=objective, select=lambda _: 0.0, seed=seed,
        ).eval()  # fmt: skip


@torch.no_grad()
def uar(
    network: nn.Module, features: MelFeatures, layer: MelLayer, rows: Index, truth: Index
) -> float:
    """Measure utterances by the mean over their windows."""
    offsets = features.window_offsets
    answers = []
    for row in rows:
        windows = torch.from_numpy(np.array(features.windows[offsets[row] : offsets[row + 1]]))
        answers.append(int(network(layer.finish(windows)).softmax(1).mean(0).argmax()))
    right = np.array(answers) == truth[rows]
    return float(np.mean([right[truth[rows] == c].mean() for c in range(len(CLASSES))]))


def fill(
    path: Path,
    forms: Sequence[str],
    seeds: int,
    measure: Callable[[str, int], dict[str, float]],
    *,
    suffix: str = "",
) -> None:
    """Measure what a file of results lacks, and write it after each training.

    Args:
        path: of the file, a key ``form/seed`` for each training.
        forms: their names.
        seeds: how many, from 0 on.
        measure: gives the UAR of each corpus, of a form and a seed.
        suffix: of all keys.
    """
    figures = read_json(path) if path.is_file() else {}
    for seed in range(seeds):
        for form in forms:
            key = f"{form}/{seed}{suffix}"
            if key in figures:
                continue
            figures[key] = measure(form, seed)
            write_json(path, figures)
            print(key, *(f"{c} {100 * uar:.1f}" for c, uar in figures[key].items()), flush=True)
