"""UAR of models that know their speaker by 5, 10, … seconds of his other speech.

Run by hand, from the folder that holds ``runs/`` and ``cache/``: ``python benchmarks/voices.py
runs/ravdess_micro_known/2-quantize``. For each test recording, others of the same speaker are drawn
until there is enough speech; no label is read. A figure of all his speech is the published one.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lightspeech import metrics
from lightspeech.audio.voice import SMALLEST
from lightspeech.evaluation import voices
from lightspeech.evaluation.voices import Point
from lightspeech.files import write_json
from lightspeech.frontends import mel_features
from lightspeech.frontends.batches import Index
from lightspeech.frontends.known_speaker import KnownInputs
from lightspeech.frontends.mel_features import MelFeatures
from lightspeech.models.int8_onnx import OnnxNetwork
from lightspeech.studies.study import Study, read_study
from lightspeech.training import calibrate, layout, predictions
from lightspeech.training.answers import answer
from lightspeech.training.run import Run, read_run

SECONDS = (2.0, 5.0, 10.0, 20.0, 40.0, None)


class Sums:
    """Frames of every utterance, summed: any recordings' statistics are a few additions away."""

    def __init__(self, found: MelFeatures) -> None:
        """Sum the features of each utterance and their squares."""
        made = [found.read(row).double() for row in range(len(found.offsets) - 1)]
        self.n = torch.tensor([len(piece) for piece in made])
        self.sums = torch.stack([piece.sum(0) for piece in made])
        self.squares = torch.stack([(piece**2).sum(0) for piece in made])

    def of(self, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Mean and deviation over all frames of some utterances."""
        n, mean = self.n[rows].sum(), self.sums[rows].sum(0) / self.n[rows].sum()
        deviation = (self.squares[rows].sum(0) / n - mean**2).clamp(min=0).sqrt()
        return mean.float(), deviation.clamp(min=SMALLEST).float()


def heard(row: int, own: Index, frames: Tensor, enough: float | None, seed: int) -> list[int]:
    """Draw other recordings of a speaker until there are so many frames; all: his very own too."""
    if enough is None:
        return [*map(int, own)]
    others = np.random.default_rng([seed, row]).permutation(own[own != row])
    total = frames[others].cumsum(0)
    return [*map(int, others[: int((total < enough).sum()) + 1])]


def answers_of(folder: Path, done: Run, known: KnownInputs, rows: Index) -> np.ndarray:
    """Answer some utterances as a study does, shape ``(n, n_classes)``: int8 by the file."""
    file = folder / layout.INT8
    network = OnnxNetwork(file.read_bytes()) if file.is_file() else done.network
    logits = answer(network, known.measure(rows)).logits.numpy()
    counts = np.diff(known.window_offsets)[rows]
    over = done.config.windows.over
    return calibrate.utterance_probabilities(logits, counts, done.temperature, over)


def curve(trained: Study, cache: Path) -> list[Point]:
    """Measure all runs of a study at every amount of speech."""
    first = read_run(trained.folder / trained.run_names[0]).config
    front = first.frontend.config
    found = mel_features.load(trained.utterances, front, first.windows, cache)
    sums = Sums(found)
    place = {u.id: row for row, u in enumerate(trained.utterances)}
    speakers = np.array([u.speaker for u in trained.utterances])
    per_second = front.sample_rate / front.hop_length
    uars: dict[float | None, dict[int, list[float]]] = {seconds: {} for seconds in SECONDS}
    for name in trained.run_names:
        run = trained.folder / name
        done, tested = read_run(run), predictions.read(run / "test.csv")
        rows = np.array([place[each] for each in tested.ids])
        for seconds in SECONDS:
            enough = None if seconds is None else seconds * per_second
            mean, deviation = (torch.zeros(len(speakers), sums.sums.shape[1]) for _ in range(2))
            for row in rows:
                own = np.flatnonzero(speakers == speakers[row])
                mean[row], deviation[row] = sums.of(heard(row, own, sums.n, enough, done.seed))
            answers = answers_of(run, done, KnownInputs(found, mean, deviation), rows).argmax(1)
            uar = metrics.uar(tested.truth, answers, len(done.labels))
            uars[seconds].setdefault(done.seed, []).append(uar)
        print(name, {seconds: round(each[done.seed][-1], 3) for seconds, each in uars.items()})
    return [_point(seconds, each) for seconds, each in uars.items()]


def _point(seconds: float | None, uars: dict[int, list[float]]) -> Point:
    of_seeds = [np.mean(each) for each in uars.values()]
    mean, std = float(np.mean(of_seeds)), float(np.std(of_seeds, ddof=1))
    return Point(seconds=seconds, uar=round(mean, 6), std=round(std, 6))


def main() -> None:
    """Measure studies, and write the figures beside those of others."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("study", type=Path, nargs="+", help="of known speakers, two seeds or more")
    asked.add_argument("--cache", type=Path, default=Path("cache"))
    asked.add_argument("--results", type=Path, default=Path("results"))
    got = asked.parse_args()
    to = got.results / voices.PATH
    known = json.loads(to.read_text("utf-8")) if to.is_file() else {}
    for folder in got.study:
        trained = read_study(folder)
        if len(trained.recipe.seeds) < 2:
            asked.error(f"{folder} has one seed, which has no deviation; train it with two or more")
        known[trained.name] = [asdict(point) for point in curve(trained, got.cache)]
        write_json(to, known)


if __name__ == "__main__":
    main()
