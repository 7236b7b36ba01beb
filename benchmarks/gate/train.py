"""Train the gate, and choose its threshold on speakers and noises that it did not learn from."""

import sys
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.gate import cells, forms, scenes, sounds
from benchmarks.gate.cells import SPEECH, Cells
from benchmarks.gate.network import Network
from torch.nn import functional as F

from lightspeech.audio import gate, io, nobody
from lightspeech.audio.gate import Layer, Scorer, Weights
from lightspeech.errors import AudioError

N_SCENES, N_SELECT = 16_000, 1_500
EPOCHS, BATCH = 16, 64
WIDTH = 32
MISSED = 0.01
"""Share of the cells of speech that a threshold may miss."""
RATE = 4e-3
"""Highest learning rate of one cycle (Smith & Topin 2018)."""
WORTH = 5.0
"""A missed cell of speech costs as much as so many false ones."""
MADE = {"train": 60, "select": 10}
"""Sounds of each kind that are made, ten seconds each."""
NOISE_S = 20.0
LOST = 0.005
"""Share of the recordings of CREMA-D's selection speakers that may be heard as nobody's."""
Scenes = tuple[np.ndarray, np.ndarray]
"""What the network hears, shape ``(scenes, cells, bands)``, and labels, ``(scenes, cells)``."""
WEIGHTS = Path(gate.__file__).with_name(gate.DATA)


def main(folder: Path, work: Path) -> None:
    """Write the weights of the package; what was done already is read from ``work``."""
    learnt: dict[str, Any] = trained(folder, work, WIDTH, gate.DELAY).whole()
    recordings = speech(folder, work, "select")["cremad"]
    learnt["threshold"] = np.array(threshold(learnt, recordings))
    np.savez(WEIGHTS, **learnt)
    forms.write()


def trained(folder: Path, work: Path, width: int, delay: int) -> Network:
    """Train a form, once."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network, path = Network(width), work / f"network-{width}-{delay}.pt"
    if not path.is_file():
        parts = (mixed(folder, work, "train", N_SCENES), mixed(folder, work, "select", N_SELECT))
        train(network, *parts, delay)
        torch.save(network.state_dict(), path)
    network.load_state_dict(torch.load(path))
    return network


def speech(folder: Path, work: Path, part: str) -> dict[str, Cells]:
    """Measure the speech of a part, once."""
    return {
        name: cells.cached(
            work / f"{part}-speech-{name}.npz",
            partial(map, io.load, paths),
            spoken=True,
        )
        for name, paths in (sounds.speech(folder, part) | sounds.robots(work, part)).items()
    }


def noise(folder: Path, work: Path, part: str) -> dict[str, Cells]:
    """Measure what nobody says, once."""
    found = {
        name: cells.cached(
            work / f"{part}-noise-{name}.npz",
            partial(_all_cut, paths),
            spoken=False,
        )
        for name, paths in sounds.noise(folder, part).items()
    }
    rng = np.random.default_rng(sounds.PARTS.index(part))
    kinds = [kind for kind in nobody.KINDS for _ in range(MADE[part])]
    found["made"] = cells.cached(
        work / f"{part}-noise-made.npz",
        lambda: (nobody.made(kind, rng, 10.0) for kind in kinds),
        spoken=False,
    )
    return found


def _all_cut(paths: Iterable[Path]) -> Iterator[np.ndarray]:
    return chain.from_iterable(map(_cut, paths))


def _cut(path: Path) -> list[np.ndarray]:
    """Cut a noise; effects of games are now and then beyond full scale, and left out."""
    try:
        return sounds.excerpts(path, NOISE_S)
    except AudioError as error:
        print(f"left out: {error}", file=sys.stderr)
        return []


def mixed(folder: Path, work: Path, part: str, n: int) -> Scenes:
    """Mix scenes, once."""
    path = work / f"{part}-scenes.npz"
    if not path.is_file():
        voices = list(speech(folder, work, part).values())
        noises = list(noise(folder, work, part).values())
        rng = np.random.default_rng(sounds.PARTS.index(part))
        inputs, labels = scenes.scenes(voices, noises, n, rng)
        np.savez(path, inputs=inputs, labels=labels)
    with np.load(path) as data:
        return data["inputs"], data["labels"]


def train(network: Network, examples: Scenes, kept: Scenes, delay: int) -> None:
    """Train; what it is worth on scenes of other speakers is printed every epoch."""
    inputs, labels = (torch.from_numpy(array) for array in examples)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-3)
    steps = len(inputs) // BATCH
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * steps)
    for epoch in range(EPOCHS):
        order = torch.randperm(len(inputs))
        for rows in order.split(BATCH)[:steps]:
            optimizer.zero_grad()
            loss(network(inputs[rows]), labels[rows], delay).backward()
            optimizer.step()
            cycle.step()
        print(f"epoch {epoch + 1}: {worth(network, kept, delay)}", file=sys.stderr)


def loss(scores: torch.Tensor, labels: torch.Tensor, delay: int) -> torch.Tensor:
    """Cross-entropy of the cells that are known; a score comes ``delay`` cells late."""
    scores = scores[:, delay:]
    labels = labels[:, : scores.shape[1]].float()
    weight = torch.where(labels > 0, WORTH, 1.0) * (labels >= 0)
    each = F.binary_cross_entropy_with_logits(scores, labels.clamp(0), reduction="none")
    return (each * weight).sum() / weight.sum()


def worth(network: Network, kept: Scenes, delay: int) -> str:
    """Tell the share of false speech where `MISSED` of the speech is missed, cell by cell."""
    with torch.no_grad():
        found = network.scores(torch.from_numpy(kept[0]))[:, delay:].numpy()
    marks = kept[1][:, : found.shape[1]]
    least = np.quantile(found[marks == SPEECH], MISSED)
    return f"{np.mean(found[marks == cells.NONE] >= least):.2%} false speech at 1 % missed"


def held(values: np.ndarray, hold: int = gate.HOLD) -> np.ndarray:
    """Give the highest value within ``hold`` cells, shape ``(cells,)``."""
    padded = np.pad(values, hold, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * hold + 1).max(1)


def weights(data: dict[str, np.ndarray]) -> Weights:
    """What a network gives, as the package has it; every score is speech."""
    layers = (
        Layer(data[f"weights{n}"], data[f"bias{n}"], data[f"shift{n}"], int(dilation))
        for n, dilation in enumerate(data["dilations"])
    )
    return Weights(tuple(layers), 0)


def scores(learnt: Weights, energies: np.ndarray, delay: int = gate.DELAY) -> np.ndarray:
    """Score the cells of a recording, each with what comes after it: shape ``(cells,)``."""
    after = np.zeros((delay, gate.N_BANDS))
    energies = np.concatenate((energies.astype(np.float64), after))
    return Scorer(learnt).scores(gate.levels(energies))[delay:]


def threshold(data: dict[str, np.ndarray], recordings: Cells) -> int:
    """Choose the highest threshold that loses no more than `LOST` of the recordings."""
    learnt = weights(data)
    least = int(np.ceil(gate.LEAST_S * sounds.RATE / gate.CELL))
    highest = [
        np.sort(scores(learnt, recordings.energies[first:last:2]))[-least]
        for first, last in zip(recordings.offsets, recordings.offsets[1:], strict=False)
    ]
    return int(np.quantile(highest, LOST))
