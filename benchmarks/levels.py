"""What bands are taken relative to, and what it is worth across corpora: forms side by side.

`micro` without padding learns from three corpora and is measured on three others, and on speakers
the first three who were kept apart. Run by hand, resumable, a minute a form and seed:
``python benchmarks/levels.py``.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech import plugins
from lightspeech.audio.frontend import MelConfig, log_range
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice
from lightspeech.corpora import labels, manifest
from lightspeech.corpora.base import Utterance
from lightspeech.files import read_json, write_json
from lightspeech.frontends import balance, mel, mel_features
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Index, Order
from lightspeech.frontends.mel_features import MelBatches, MelFeatures
from lightspeech.frontends.mel_layer import MelLayer
from lightspeech.models import micro
from lightspeech.studies import tasks
from lightspeech.training import loop
from lightspeech.training.objective import Labels

CORPORA = "lightspeech.corpora"
TAUGHT, MEASURED = ("ravdess", "emodb", "nemo"), ("crema_d", "savee", "banglaser")
KEPT_APART = 2
"""Speakers of each teaching corpus, the last by name, who teach nothing."""
CLASSES = labels.VOCABULARIES["common4"]
CFG, WINDOWS = MelConfig(floor=1e-14), Windows(hop_s=0.96)
FRAME_S = CFG.hop_length / CFG.sample_rate
RANGE = log_range(CFG)
QUIETEST = CFG.quietest
TRAINING = loop.Training(epochs=20, balance="corpus_class", class_weights=False)
PATH = Path("benchmarks/levels.json")
Form = Callable[[Tensor], Tensor]
"""Log bands to features, shape ``(batch, frames, bands)`` both."""


def _relative(x: Tensor, level: Tensor, depth: float = RANGE) -> Tensor:
    return (x - level.clamp(min=QUIETEST)).clamp(min=-depth)


def loudest(x: Tensor) -> Tensor:
    """Relative to the loudest of the window: not causal."""
    return _relative(x, x.amax((1, 2), keepdim=True))


def recent(seconds: float, depth_db: float | None = None) -> Form:
    """Relative to the loudest of the last seconds, and heard so far down."""
    n = round(seconds / FRAME_S)
    depth = RANGE if depth_db is None else depth_db / 10 * float(np.log(10))

    def form(x: Tensor) -> Tensor:
        known = F.pad(x.amax(2), (n - 1, 0), value=-100.0)
        return _relative(x, F.max_pool1d(known[:, None], n, 1)[:, 0, :, None], depth)

    return form


def running(db_per_s: float) -> Form:
    """Relative to a peak that is reached at once and falls slowly."""
    fall = db_per_s / 10 * float(np.log(10)) * FRAME_S

    def form(x: Tensor) -> Tensor:
        fallen = fall * torch.arange(x.shape[1])
        return _relative(x, ((x.amax(2) + fallen).cummax(1).values - fallen)[:, :, None])

    return form


def per_channel(seconds: float) -> Form:
    """Per-channel energy normalisation (Wang et al. 2017, eq. 1 and 2), alpha 1, delta 2, r 1/2."""
    s = 1 - float(np.exp(-FRAME_S / seconds))

    def form(x: Tensor) -> Tensor:
        loudest = x.amax(2, keepdim=True).cummax(1).values
        energy = _relative(x, loudest).exp() - float(np.exp(-RANGE))
        place = torch.arange(x.shape[1])
        back = place[:, None] - place
        smooth = torch.where(back >= 0, s * (1 - s) ** back.clamp(min=0).float(), torch.tensor(0.0))
        smooth[:, 0] /= s
        mean = torch.einsum("ts,bsf->btf", smooth, energy)
        return (energy / (mean + 1e-5) + 2).sqrt() - 2**0.5

    return form


def bandwise(base: Form, prior_s: float) -> Form:
    """Each band less its running mean, which a prior of so many seconds holds at a usual level."""
    n, usual = prior_s / FRAME_S, -8.0

    def form(x: Tensor) -> Tensor:
        y = base(x)
        count = torch.arange(1, x.shape[1] + 1)[None, :, None]
        return y - (y.cumsum(1) + n * usual) / (count + n)

    return form


def standardized(x: Tensor) -> Tensor:
    """Mean and deviation of each band over the window taken out: not causal."""
    y = loudest(x)
    return (y - y.mean(1, keepdim=True)) * (3.0 / (y.std(1, keepdim=True) + 0.5))


FORMS: dict[str, Form] = {
    "loudest": loudest,
    "cmvn": standardized,
    "recent-1s": recent(1.0),
    "recent-2s": recent(2.0),
    "recent-2s, 40 dB deep": recent(2.0, 40.0),
    "recent-2s, 30 dB deep": recent(2.0, 30.0),
    "running-3.4": running(3.4),
    "running-10": running(10.0),
    "pcen-1s": per_channel(1.0),
    "bandwise-4s": bandwise(running(3.4), 4.0),
    "bandwise-1s": bandwise(running(3.4), 1.0),
}
"""By name; those with a number fall by so many dB a second, or look back so long."""


class FormLayer(MelLayer):
    """The front end with a form in the place of its level."""

    def __init__(self, form: Form) -> None:
        """Take the form."""
        super().__init__(CFG)
        self.form = form

    def finish(self, logarithm: Tensor) -> Tensor:
        """Log bands to features, shape ``(batch, frames, bands)`` both."""
        return self.form(logarithm)


def recordings() -> list[Utterance]:
    """Read all six corpora, four classes."""
    modules = [(name, plugins.load(CORPORA, name)) for name in TAUGHT + MEASURED]
    read = [manifest.prepare(Choice(CORPORA, name, module.Config())) for name, module in modules]
    found = labels.uncontradicted([u for corpus in read for u in corpus.utterances])
    return tasks.in_vocabulary(found, "common4")


def train(batches: MelBatches, *, seed: int, padded: bool) -> nn.Module:
    """Train `micro` on batches whose layer has the form."""
    torch.manual_seed(seed)
    front = mel.build(CFG, windows=WINDOWS)
    network = micro.build(micro.Config(padded=padded), frontend=front, n_classes=len(CLASSES))
    first = [batch.features for batch, _ in zip(batches.epoch(10_000), range(20), strict=False)]
    x = torch.cat([each for each in first if isinstance(each, Tensor)]).flatten(0, 1)
    norm = network.norm
    assert isinstance(norm, nn.BatchNorm1d)
    norm.load_state_dict({**norm.state_dict(), "running_mean": x.mean(0), "running_var": x.var(0)})
    norm.momentum = 0.0
    with TemporaryDirectory() as folder:
        objective = Labels(batches, len(CLASSES), TRAINING)
        return loop.train(
            network, batches, TRAINING, Path(folder),
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


def main() -> None:
    """Train what the file of results lacks, and write it after each training."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--results", type=Path, default=Path("results"))
    asked.add_argument("--cache", type=Path, default=Path("cache"))
    asked.add_argument("--seeds", type=int, default=1)
    asked.add_argument("--forms", nargs="*", default=list(FORMS))
    asked.add_argument("--padded", action="store_true", help="the networks with padding instead")
    got = asked.parse_args()
    torch.set_num_threads(1)
    utterances = recordings()
    features = mel_features.load(utterances, CFG, WINDOWS, got.cache)
    named = [labels.map_label(u.emotion, "common4") or "" for u in utterances]
    truth: Index = np.array([CLASSES.index(name) for name in named])
    corpora = np.array([u.corpus for u in utterances])
    speakers: npt.NDArray[np.str_] = np.array([u.speaker for u in utterances])
    last = {c: sorted(set(speakers[corpora == c]))[-KEPT_APART:] for c in TAUGHT}
    apart = np.isin(speakers, [name for names in last.values() for name in names])
    rows = np.flatnonzero(np.isin(corpora, TAUGHT) & ~apart)
    measured = {c: np.flatnonzero(corpora == c) for c in MEASURED}
    measured |= {f"own-{c}": np.flatnonzero((corpora == c) & apart) for c in TAUGHT}
    path = got.results / PATH
    done = read_json(path) if path.is_file() else {}
    for seed in range(got.seeds):
        shares = balance.shares(list(corpora[rows]), truth[rows], "corpus_class")
        for name in got.forms:
            key = f"{name}/{seed}" + ("/padded" if got.padded else "")
            if key in done:
                continue
            order = Order(rows, batch_size=64, seed=seed, shares=shares)
            batches = features.train(order, torch.from_numpy(truth), Augment())
            batches.layer = layer = FormLayer(FORMS[name])
            network = train(batches, seed=seed, padded=got.padded)
            done[key] = {c: uar(network, features, layer, at, truth) for c, at in measured.items()}
            write_json(path, done)
            print(key, *(f"{c} {100 * value:.1f}" for c, value in done[key].items()), flush=True)


if __name__ == "__main__":
    main()
