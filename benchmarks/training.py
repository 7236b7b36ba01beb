"""Speed of training: an epoch and a study of a recipe, whole batches beside a per-item loader.

Run by hand, on an otherwise idle machine, with the recordings below ``$LIGHTSPEECH_DATA``, from the
folder that holds ``runs/`` of finished studies: ``python benchmarks/training.py
recipes/ravdess_*.yaml``
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from lightspeech.config import as_dict
from lightspeech.corpora import preparing
from lightspeech.evaluation import machine, speed
from lightspeech.evaluation.speed import Speed
from lightspeech.files import write_json
from lightspeech.frontends import augment, band_augment
from lightspeech.frontends.band_augment import Whole
from lightspeech.frontends.batches import Batch, Order
from lightspeech.frontends.mel_features import MelBatches, MelFeatures
from lightspeech.studies import recipe
from lightspeech.studies import tasks as studies
from lightspeech.studies.recipe import Recipe
from lightspeech.training import loop
from lightspeech.training.criterion import objective
from lightspeech.training.fitting import do
from lightspeech.training.networks import fresh_network, n_params
from lightspeech.training.run import read_run
from lightspeech.training.task import Task

CACHE = Path("cache")
EPOCHS = 4
"""The first is left out: it warms up."""


class Items(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """The same utterances, bent by the same functions, one by one: what a loader usually does."""

    def __init__(self, batches: MelBatches) -> None:
        """Share frames, bands and settings with the batches."""
        self.batches = batches
        self.drawn = augment.draw(len(batches.targets), batches.bending, batches.order.seed, 0)

    def __len__(self) -> int:
        """Utterances to train on."""
        return len(self.batches.rows)

    def __getitem__(self, place: int) -> tuple[Tensor, Tensor, Tensor]:
        """Bend one utterance; give its features, ``(frames, n_features)``, class and row."""
        made, row = self.batches, self.batches.rows[place]
        first, end = made.offsets[row : row + 2, None]
        whole, u = Whole(made.frames, first, end - first), self.drawn[row][None]
        bent = band_augment.bend(whole, made.n_frames, u, made.bending, made.bands)
        return made.layer.finish(bent)[0], made.targets[row], row


class OneByOne:
    """The same batches, put together by a loader."""

    def __init__(self, batches: MelBatches) -> None:
        """Take the batches over."""
        self.rows, self.targets = batches.rows, batches.targets
        self.loader = DataLoader(Items(batches), batches.order.batch_size, shuffle=True)

    def __len__(self) -> int:
        """Batches an epoch."""
        return len(self.loader)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Go once through the training utterances."""
        torch.manual_seed(number)
        for heard, targets, rows in self.loader:
            yield Batch(heard, targets, rows, torch.rand(len(targets)))


def tasks(chosen: Recipe, folder: Path) -> list[Task]:
    """Prepare a recipe and list its runs."""
    prepared = [preparing.prepare(corpus) for corpus in chosen.corpora]
    found = [utterance for corpus in prepared for utterance in corpus.utterances]
    utterances = studies.in_vocabulary(found, chosen.labels)
    protocol = chosen.protocol.module.cut(utterances, chosen.protocol.config)
    return studies.of_study(
        chosen.run_config(),
        utterances,
        protocol,
        vocabulary=chosen.labels,
        seeds=chosen.seeds,
        folder=folder,
        cache=CACHE,
    )


def seconds(folder: Path) -> list[float]:
    """Read how long the epochs of a run took."""
    lines = (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["seconds"] for line in lines]


def epoch_s(task: Task) -> float:
    """Train a run as the command does, on one thread; median epoch after the first."""
    do(task)
    return statistics.median(seconds(task.folder)[1:])


def loader_epoch_s(task: Task, batches: MelBatches) -> float:
    """Train the same run on a loader's batches, which are not even judged on a selection set."""
    folder, network = task.folder / "one-by-one", fresh_network(task)
    loaded = OneByOne(batches)
    loop.train(
        network,
        loaded,
        task.config.training,
        folder,
        objective=objective(task, loaded, network),
        select=lambda _: 0.0,
        seed=task.seed,
    )
    return statistics.median(seconds(folder)[1:])


def study_s(folder: Path, n_runs: int) -> float | None:
    """Add up the epochs of all runs of a finished study; None where it is not finished."""
    done = [path.parent for path in folder.glob("fold*-seed*/test.csv")]
    return sum(sum(seconds(run)) for run in done) if len(done) == n_runs else None


def batches_of(task: Task) -> MelBatches:
    """Make the batches of a run's training part; it is of a model on a mel front end."""
    cfg, place = task.config, {u.id: row for row, u in enumerate(task.utterances)}
    found = cfg.front.open(task.utterances, task.cache)
    assert isinstance(found, MelFeatures)
    rows = np.array([place[name] for name in task.split.train], np.int64)
    order = Order(rows, batch_size=cfg.training.batch_size, seed=task.seed)
    return found.train(order, torch.from_numpy(task.targets), cfg.augment)


def items_by_second(n_items: int, epoch: Iterable[Any]) -> int:
    """Go through an epoch without training on it."""
    begin = time.perf_counter()
    for _ in epoch:
        pass
    return round(n_items / (time.perf_counter() - begin))


def measure(path: Path, runs: Path, folder: Path) -> Speed:
    """Time the epochs of a recipe's first run, its batches beside a loader's, and its study."""
    whole = recipe.read(path, [])
    todo = tasks(recipe.read(path, [f"training.epochs={EPOCHS}"]), folder)
    task = todo[0]
    epoch = epoch_s(task)
    batches = batches_of(task)
    loaded = OneByOne(batches)
    for _ in batches.epoch(0):  # warms up
        pass
    n_items = len(batches.rows)
    summed = study_s(runs / whole.name, len(todo))
    return Speed(
        n_params=n_params(read_run(task.folder).network),
        n_utterances=n_items,
        epoch_s=round(epoch, 3),
        loader_epoch_s=round(loader_epoch_s(task, batches), 3),
        batches_utterances_per_s=items_by_second(n_items, batches.epoch(1)),
        loader_utterances_per_s=items_by_second(n_items, loaded.epoch(1)),
        runs=len(todo),
        epochs=whole.training.epochs,
        study_s=None if summed is None else round(summed, 1),
    )


def main() -> None:
    """Measure recipes and write one file."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("recipes", type=Path, nargs="+")
    asked.add_argument("--runs", type=Path, default=Path("runs"), help="of finished studies")
    asked.add_argument("--results", type=Path, default=Path("results"))
    got = asked.parse_args()
    found = {}
    for path in got.recipes:
        with tempfile.TemporaryDirectory() as folder:
            found[path.stem] = as_dict(measure(path, got.runs, Path(folder)))
        print(f"{path.stem}: {found[path.stem]}")
    about = {"machine": machine.describe(), "threads": 1}
    write_json(got.results / speed.PATH, {**about, "recipes": found})


if __name__ == "__main__":
    main()
