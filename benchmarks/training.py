"""Speed of training: seconds an epoch of a recipe, and batches beside a plain per-item loader.

Run by hand, on an otherwise idle machine, with the recordings below ``$LIGHTSPEECH_DATA``:
``python benchmarks/training.py recipes/ravdess_*.yaml``
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from lightspeech import manifest, recipe
from lightspeech.data import augment, features
from lightspeech.data.batches import Order, TrainingBatches
from lightspeech.evaluation import machine
from lightspeech.files import write_json
from lightspeech.training import study
from lightspeech.training.networks import n_params
from lightspeech.training.run import do, read_run
from lightspeech.training.task import Task

OUTPUT = Path("results/benchmarks/training.json")
CACHE = Path("cache")
EPOCHS = 4
"""The first is left out: it warms up."""


class Items(Dataset[tuple[Tensor, Tensor]]):
    """The same utterances, bent by the same functions, one by one: what a loader usually does."""

    def __init__(self, batches: TrainingBatches) -> None:
        """Share frames, bands and settings with the batches."""
        self.batches = batches
        self.drawn = augment.draw(len(batches.targets), batches.bending, batches.order.seed, 0)

    def __len__(self) -> int:
        """Utterances to train on."""
        return len(self.batches.rows)

    def __getitem__(self, place: int) -> tuple[Tensor, Tensor]:
        """Bend one utterance; give its features, shape ``(frames, n_features)``, and its class."""
        made, row = self.batches, self.batches.rows[place]
        source = made.frames[made.offsets[row] : made.offsets[row + 1]][None]
        lengths, u = torch.tensor([source.shape[1]]), self.drawn[row][None]
        bent = augment.bend(source, lengths, made.n_frames, u, made.bending, made.bands)
        return made.layer.finish(bent)[0], made.targets[row]


def first_task(path: Path, folder: Path, epochs: int = EPOCHS) -> Task:
    """Prepare a recipe and give its first run, shortened."""
    chosen = recipe.read(path, [f"training.epochs={epochs}"])
    utterances = study.in_vocabulary(manifest.prepare(chosen.corpus).utterances, chosen.labels)
    protocol = chosen.protocol.module.cut(utterances, chosen.protocol.config)
    return study.tasks(
        chosen.run_config(),
        utterances,
        protocol,
        vocabulary=chosen.labels,
        seeds=chosen.seeds[:1],
        folder=folder,
        cache=CACHE,
    )[0]


def epoch_s(task: Task) -> list[float]:
    """Train a run as the command does, one thread; seconds of each epoch after the first."""
    do(task)
    lines = (task.folder / "history.jsonl").read_text().splitlines()
    return [json.loads(line)["seconds"] for line in lines[1:]]


def batches_of(task: Task) -> TrainingBatches:
    """Make the batches of a run's training part."""
    cfg, place = task.config, {u.id: row for row, u in enumerate(task.utterances)}
    found = features.load(task.utterances, cfg.frontend, cfg.windows, task.cache)
    rows = np.array([place[name] for name in task.split.train], np.int64)
    targets = torch.from_numpy(task.targets)
    order = Order(rows, batch_size=cfg.training.batch_size, seed=task.seed)
    return TrainingBatches(found, order, targets, cfg.frontend, cfg.augment)


def items_by_second(n_items: int, epoch: Iterable[Any]) -> int:
    """Go through an epoch without training on it."""
    begin = time.perf_counter()
    for _ in epoch:
        pass
    return round(n_items / (time.perf_counter() - begin))


def measure(task: Task) -> dict[str, Any]:
    """Time the epochs of a run, and its batches beside a loader's."""
    seconds = epoch_s(task)
    batches = batches_of(task)
    loader = DataLoader(Items(batches), batches.order.batch_size, shuffle=True)
    n_items = len(batches.rows)
    for _ in batches.epoch(0):  # warms up
        pass
    return {
        "n_params": n_params(read_run(task.folder).network),
        "n_utterances": n_items,
        "epoch_s": round(statistics.median(seconds), 3),
        "batches_utterances_per_s": items_by_second(n_items, batches.epoch(1)),
        "loader_utterances_per_s": items_by_second(n_items, loader),
    }


def main(paths: list[str]) -> None:
    """Measure recipes and write one file."""
    if not paths:
        sys.exit("which recipe? type: python benchmarks/training.py recipes/ravdess_*.yaml")
    found = {}
    for path in map(Path, paths):
        with tempfile.TemporaryDirectory() as folder:
            found[path.stem] = measure(first_task(path, Path(folder)))
        print(f"{path.stem}: {found[path.stem]}")
    write_json(OUTPUT, {"machine": machine.describe(), "threads": 1, "recipes": found})


if __name__ == "__main__":
    main(sys.argv[1:])
