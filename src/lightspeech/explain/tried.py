"""Maps of the runs of a system, tried: against energy and chance, other weights, other seeds.

A map that looks alike when the weights are shuffled shows the recording, not the model (Adebayo et
al. 2018); one that other seeds do not repeat shows a single run. Of a bundle, whose weights nobody
shuffles, maps are held against energy and chance alone.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from lightspeech import bundle
from lightspeech.audio import io
from lightspeech.audio.pitch import SAMPLE_RATE
from lightspeech.corpora.base import Utterance
from lightspeech.errors import StudyError
from lightspeech.explain import gradients, kept, maps, masking, parts, places
from lightspeech.explain.gradients import Mapped
from lightspeech.explain.maps import Method
from lightspeech.explain.masking import Masked
from lightspeech.frontends import cache as arrays
from lightspeech.inference import dispatch
from lightspeech.metrics import Floats
from lightspeech.training import run as runs

CODE = (
    "audio", "frontends", "models", "explain/tried.py", "explain/maps.py", "explain/masking.py",
    "explain/places.py", "explain/gradients.py",
)  # fmt: skip
"""What they are computed by."""
METHODS = ("occlusion", "shapley", "gradients")
PAIRS = 1
"""Of orders: values of one map are coarse, their mean over recordings is not."""
WORTH, ENERGY, CHANCE, SHUFFLED, SEEDS, FIRST_BAND = range(6)
"""What is kept of a map: its worth, that of energy and chance, its rank correlation with that of
shuffled weights and with those of other seeds, then the share of each band."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One recording, mapped by all seeds of a system.

    Attributes:
        utterance: with its path.
        label: class whose probability is mapped: the right one.
        runs: folders, one a seed; or that of a bundle.
        file: where figures are kept.
    """

    utterance: Utterance
    label: int
    runs: tuple[Path, ...]
    file: Path

    def read(self) -> Floats:
        """Read figures, shape ``(METHODS, FIRST_BAND + bands)``; NaN where there is no map.

        Raises:
            StudyError: if the file is damaged.
        """
        found = arrays.find(self.file, axes=2)
        if found is None:
            raise StudyError(f"{self.file}: damaged; type the command again")
        return np.asarray(found, np.float64)


def tried(utterance: Utterance, label: int, folders: tuple[Path, ...], cache: Path) -> Tried:
    """Name the work.

    Args:
        utterance: with its path.
        label: class whose probability is mapped.
        folders: of runs, one a seed; or that of a bundle.
        cache: folder that figures are kept in.
    """
    code = (*CODE, *(parts.OF_BUNDLES if parts.is_bundle(folders) else ()))
    name = kept.name(code, kept.of_systems(folders), utterance.audio_hash, label)
    file = cache / f"maps-{name}.npy"
    return Tried(utterance=utterance, label=label, runs=folders, file=file)


def fill(work: Tried) -> None:
    """Map a recording by all seeds or a bundle, unless that was done before.

    Raises:
        AudioError: if it cannot be decoded.
        BundleError: if a bundle is damaged.
        CorpusError: if a run is not finished.
    """
    if arrays.find(work.file, axes=2) is not None:
        return
    torch.set_num_threads(1)
    waveform = io.load(work.utterance.path, SAMPLE_RATE)
    if parts.is_bundle(work.runs):
        predictor = dispatch.open(bundle.read(work.runs[0]))
        figures = _of_bundle(masking.masked(predictor, waveform), work.label)
    else:
        mapped = [Mapped(runs.read_run(folder), waveform) for folder in work.runs]
        figures = _figures(mapped, work.label)
    arrays.keep(figures.astype(np.float32), work.file)


def _of_bundle(masked: Masked, label: int) -> Floats:
    found = _by_masks(masked, label)
    figures = np.full((len(METHODS), FIRST_BAND + places.N_BANDS), np.nan)
    worth, energy, chance = maps.worths(masked, label, found)
    for row, value, values in zip(figures, worth, found, strict=False):
        row[[WORTH, ENERGY, CHANCE]] = value, energy, chance
        row[FIRST_BAND:] = _shares(values)
    return figures


def _figures(mapped: Sequence[Mapped], label: int) -> Floats:
    found = [_maps(each, label) for each in mapped]
    chance = [_maps(shuffled(each), label) for each in mapped]
    rows = []
    for each, own, other in zip(mapped, found, chance, strict=True):
        worth, energy, by_chance = maps.worths(each.masked, label, own)
        alike = [_alike(a, b) for a, b in zip(own, other, strict=True)]
        rows.append(
            [
                [value, energy, by_chance, same, np.nan, *_shares(values)]
                for value, same, values in zip(worth, alike, own, strict=True)
            ]
        )
    figures = np.full((len(METHODS), len(rows[0][0])), np.nan)
    figures[: len(rows[0])] = np.mean(rows, 0)
    for number in range(len(found[0])) if len(found) > 1 else ():
        pairs = combinations([of_seed[number] for of_seed in found], 2)
        figures[number, SEEDS] = np.mean([_alike(a, b) for a, b in pairs])
    return figures


def _maps(mapped: Mapped, label: int) -> list[Floats]:
    """Maps by all `METHODS`; an int8 network has no gradients."""
    found = _by_masks(mapped.masked, label)
    if not mapped.run.config.architecture.int8_parts:
        found.append(gradients.integrated(mapped, label))
    return found


def _by_masks(masked: Masked, label: int) -> list[Floats]:
    """Maps by those `METHODS` that any bundle has."""
    methods: list[Method] = [maps.occlusion, partial(maps.shapley, pairs=PAIRS)]
    return [method(masked, label) for method in methods]


def shuffled(mapped: Mapped) -> Mapped:
    """Give a run the weights of each tensor in another order; statistics of features stay.

    Args:
        mapped: run and recording.
    """
    run = mapped.run
    network = copy.deepcopy(run.network)
    drawn = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weights in network.parameters():
            order = torch.randperm(weights.numel(), generator=drawn)
            weights.copy_(weights.flatten()[order].view_as(weights))
    return Mapped(replace(run, network=network), mapped.waveform)


def _alike(first: Floats, second: Floats) -> float:
    """Rank correlation of two maps (Spearman); 0 where one is the same all over."""
    if not (first.any() and second.any()):
        return 0.0
    x, y = (each.ravel().argsort().argsort() - (each.size - 1) / 2 for each in (first, second))
    return float(x @ y / (x @ x))


def _shares(values: Floats) -> npt.NDArray[np.float64]:
    """Share of each band in all that speaks for the answer, shape ``(bands,)``."""
    positive: Floats = values.clip(0).sum(0)
    return positive / max(float(positive.sum()), 1e-12)
