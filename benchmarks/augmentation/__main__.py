"""Measure what each way to bend training examples is worth, see `benchmarks.trials`.

A form is the usual augmentation with a part of it left out or another put in, or recordings bent
beforehand, of which a quarter of the examples is made. Each is measured on corpora that taught
nothing, as they are and bent in ways that nothing was trained on. Run by hand, resumable, a minute
or two a form and seed: ``python -m benchmarks.augmentation``.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
import torch
from benchmarks import trials
from benchmarks.augmentation.lessons import LESSONS
from benchmarks.robustness.bends import BENDS
from benchmarks.robustness.codecs import RATE, Waveform
from torch import nn

from lightspeech.audio import io
from lightspeech.audio.frontend import RANGE_DB, MelConfig
from lightspeech.corpora.base import Utterance
from lightspeech.frontends import mel_features
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Index
from lightspeech.frontends.mel_features import MelFeatures
from lightspeech.frontends.mel_layer import MelLayer
from lightspeech.frontends.surroundings import Surroundings
from lightspeech.reporting.trials import MEASURED

CFG = MelConfig(level="recent", floor=1e-18)
PATH = Path("benchmarks/augmentation.json")
SHARE = 0.25
"""Of the examples that are made of bent recordings, where a form has some."""
MOST = 300
"""Recordings of a corpus that are measured bent."""
HEARD = (
    "telephone",
    "mobile telephone",
    "far room",
    "car noise, 5 dB",
    "Opus, 12 kb/s",
    "one second",
)


@dataclass(frozen=True)
class Form:
    """How examples are bent.

    Attributes:
        augment: as bands, anew for each example.
        lessons: as waveforms, beforehand; of `LESSONS`.
        range_db: bands are heard so far below the loudest.
    """

    augment: Augment = Augment()
    lessons: tuple[str, ...] = ()
    range_db: float = RANGE_DB

    @property
    def layer(self) -> MelLayer:
        """The front end."""
        return MelLayer(replace(CFG, range_db=self.range_db))


MANY = ("telephone", "room", "rumble")
NOTHING = Augment(
    stretch=0, semitones=0, gain_db=0, noise_probability=0, time_masks=0, band_masks=0
)
FORMS = {
    "usual": Form(),
    "nothing but the place of the window": Form(NOTHING),
    "without tempo": Form(Augment(stretch=0)),
    "without pitch": Form(Augment(semitones=0)),
    "without noise": Form(Augment(noise_probability=0)),
    "without masks": Form(Augment(time_masks=0, band_masks=0)),
    "twice tempo and pitch": Form(Augment(stretch=0.3, semitones=4)),
    "noise of 0 to 30 dB": Form(Augment(snr_db_min=0, snr_db_max=30)),
    "rooms, as bands": Form(Augment(surroundings=Surroundings(room_probability=0.25))),
    "microphones, as bands": Form(Augment(surroundings=Surroundings(microphone_db=6))),
    "telephones, as bands": Form(Augment(surroundings=Surroundings(telephone_probability=0.25))),
    **{name: Form(lessons=(name,)) for name in LESSONS},
    "telephone, room, rumble": Form(lessons=MANY),
    "heard 40 dB deep": Form(range_db=40),
    "heard 30 dB deep": Form(range_db=30),
    "telephone, room, rumble, 30 dB deep": Form(lessons=MANY, range_db=30),
}
"""By the name that tables have."""


def bent(
    utterances: Sequence[Utterance], name: str, make: Callable[[int], Waveform], cache: Path
) -> list[Utterance]:
    """Write bent recordings into the cache, where they are not there.

    Args:
        utterances: as they are.
        name: of the bend.
        make: bends one of them, by its place.
        cache: folder of bent recordings.
    """
    found = []
    for n, u in enumerate(utterances):
        path = cache / name.replace(" ", "-") / f"{u.id}.flac"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path.with_suffix(".part"), make(n), RATE, format="FLAC")
            path.with_suffix(".part").rename(path)
        found.append(replace(u, path=path, audio_hash=f"{u.audio_hash}-{name}"))
    return found


def lesson(utterances: Sequence[Utterance], name: str, cache: Path) -> list[Utterance]:
    """Bend recordings that teach, each by numbers of its own."""
    alike: dict[tuple[str, str], list[int]] = {}
    for n, u in enumerate(utterances):
        alike.setdefault((u.speaker, u.emotion), []).append(n)

    def heard(n: int) -> Waveform:
        return io.load(utterances[n].path, RATE)

    def make(n: int) -> Waveform:
        rng = np.random.default_rng([n, len(name)])
        same = alike[utterances[n].speaker, utterances[n].emotion]
        return LESSONS[name](
            heard(n), rng, lambda is_same: heard(rng.choice(same if is_same else len(utterances)))
        )

    return bent(utterances, name, make, cache)


def tests(utterances: Sequence[Utterance], name: str, cache: Path) -> list[Utterance]:
    """Bend recordings to be measured, as `benchmarks.robustness` does."""

    def make(n: int) -> Waveform:
        rng = np.random.default_rng([n, len(name)])
        return BENDS[name](io.load(utterances[n].path, RATE), rng)

    return bent(utterances, f"measured {name}", make, cache)


@dataclass(frozen=True)
class Trial:
    """All recordings, bent ones among them, and where what is heard is kept.

    Attributes:
        utterances: as they are.
        cache: folder of features and of bent recordings.
    """

    utterances: list[Utterance]
    cache: Path

    def load(self, utterances: list[Utterance]) -> MelFeatures:
        """Read or compute features."""
        return mel_features.load(utterances, CFG, trials.WINDOWS, self.cache)

    def train(self, form: Form, seed: int) -> nn.Module:
        """Train a network under a form."""
        taught = [self.utterances[row] for row in trials.parts(self.utterances).taught]
        copies = [lesson(taught, name, self.cache / "bent") for name in form.lessons]
        everything = [*taught, *(u for of in copies for u in of)]
        rows = np.arange(len(everything))
        plain = trials.shares(taught, rows[: len(taught)])
        share = [1 - SHARE, *[SHARE / len(copies)] * len(copies)] if copies else [1.0]
        batches = trials.batches(
            self.load(everything), everything, rows, form.augment,
            seed=seed, drawn=np.concatenate([plain * s for s in share]),
        )  # fmt: skip
        batches.layer = form.layer
        return trials.train(batches, CFG, seed=seed, copies=len(copies))

    def measure(self, network: nn.Module, layer: MelLayer) -> dict[str, float]:
        """Give the UAR of each part as it is, and the mean over corpora under each bend."""
        parts = trials.parts(self.utterances).measured
        figures = {name: self._uar(network, layer, rows) for name, rows in parts.items()}
        for bend in HEARD:
            of_corpora = [self._uar(network, layer, _some(parts[c]), bend) for c in MEASURED]
            figures[bend] = float(np.mean(of_corpora))
        return figures

    def _uar(self, network: nn.Module, layer: MelLayer, rows: Index, bend: str = "") -> float:
        heard = [self.utterances[row] for row in rows]
        if bend:
            heard = tests(heard, bend, self.cache / "bent")
        truth = trials.classes_of(heard)
        return trials.uar(network, self.load(heard), layer, np.arange(len(heard)), truth)


def _some(rows: Index) -> Index:
    return np.sort(np.random.default_rng(0).permutation(rows)[:MOST])


def main() -> None:
    """Train what the file of results lacks, and write it after each training."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--results", type=Path, default=Path("results"))
    asked.add_argument("--cache", type=Path, default=Path("cache"))
    asked.add_argument("--seeds", type=int, default=2)
    asked.add_argument("--forms", nargs="*", default=list(FORMS), choices=list(FORMS))
    got = asked.parse_args()
    torch.set_num_threads(1)
    trial = Trial(trials.recordings(), got.cache)
    path = got.results / PATH

    def measure(name: str, seed: int) -> dict[str, float]:
        return trial.measure(trial.train(FORMS[name], seed), FORMS[name].layer)

    trials.fill(path, got.forms, got.seeds, measure)


if __name__ == "__main__":
    main()
