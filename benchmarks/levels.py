"""What bands are taken relative to, and what it is worth across corpora: forms side by side.

`micro` without padding learns from three corpora and is measured on three others, and on speakers
of the first three who were kept apart. Run by hand, resumable, a minute a form and seed:
``python -m benchmarks.levels``.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from benchmarks import trials
from torch import Tensor
from torch.nn import functional as F

from lightspeech.audio.frontend import MelConfig, log_range
from lightspeech.frontends import mel_features
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.mel_layer import MelLayer

CFG = MelConfig(floor=1e-14)
FRAME_S = CFG.hop_length / CFG.sample_rate
RANGE = log_range(CFG)
QUIETEST = CFG.quietest
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
    utterances = trials.recordings()
    features = mel_features.load(utterances, CFG, trials.WINDOWS, got.cache)
    truth, parts = trials.classes_of(utterances), trials.parts(utterances)
    path = got.results / PATH

    def measure(name: str, seed: int) -> dict[str, float]:
        batches = trials.batches(features, utterances, parts.taught, Augment(), seed=seed)
        batches.layer = layer = FormLayer(FORMS[name])
        network = trials.train(batches, CFG, seed=seed, padded=got.padded)
        return {
            c: trials.uar(network, features, layer, rows, truth)
            for c, rows in parts.measured.items()
        }

    trials.fill(path, got.forms, got.seeds, measure, suffix="/padded" if got.padded else "")


if __name__ == "__main__":
    main()
