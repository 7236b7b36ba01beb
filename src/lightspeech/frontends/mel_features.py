"""Mel features of a corpus, computed once per front end, kept on disk, memory-mapped by every run.

Batches come by tensor operations: one gather, one bend, one transform a batch, no per-item loop.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from lightspeech.audio import frontend, io
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.config import as_dict
from lightspeech.corpora.base import Utterance
from lightspeech.frontends import augment, band_augment, bends
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.band_augment import Whole
from lightspeech.frontends.batches import Batch, Index, Order
from lightspeech.frontends.cache import discard, find, keep
from lightspeech.frontends.contract import Step, no_step
from lightspeech.frontends.mel_layer import MelLayer

Array = npt.NDArray[np.float32]
AXES = {"frames": 2, "offsets": 1, "windows": 3, "window_offsets": 1}
"""Of the arrays of a corpus, by the names of their files; written in this order."""
AS_IT_IS = ""
"""Name of the version of a recording that nothing bends."""
BATCH = 64
"""Windows measured at once."""


@dataclass(frozen=True, eq=False)
class MelFeatures:
    """Log bands of every utterance, twice: whole, for training, and in the windows of measuring.

    The windows go through the front end one by one, as on a device, so that measuring here and
    through an exported bundle is the same arithmetic.

    Attributes:
        cfg: the front end.
        frames: all utterances' frames one after the other, shape ``(total_frames, bands)``.
        offsets: first frame of each utterance and the end, shape ``(n + 1,)``.
        windows: shape ``(total_windows, frames, bands)``.
        window_offsets: first window of each utterance and the end, shape ``(n + 1,)``.
        bent: ``frames`` and ``offsets`` of the same utterances, bent, by the name of the bend.
    """

    cfg: MelConfig
    frames: Array
    offsets: Index
    windows: Array
    window_offsets: Index
    bent: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def read(self, row: int) -> Tensor:
        """Give the features of one whole utterance, shape ``(frames, n_features)``."""
        start, end = self.offsets[row : row + 2]
        return MelLayer(self.cfg).finish(torch.from_numpy(np.array(self.frames[start:end])))

    def measure(self, rows: Index) -> Iterator[Tensor]:
        """Give the windows of some utterances, in order.

        Args:
            rows: of the corpus, shape ``(n_rows,)``.

        Yields:
            Shape ``(batch, frames, n_features)``.
        """
        layer = MelLayer(self.cfg)
        spans = [range(self.window_offsets[r], self.window_offsets[r + 1]) for r in rows]
        places = np.concatenate([np.asarray(span, np.int64) for span in spans])
        for start in range(0, len(places), BATCH):
            block = np.array(self.windows[places[start : start + BATCH]])
            yield layer.finish(torch.from_numpy(block))

    def train(self, order: Order, targets: Tensor, augment: Augment) -> "MelBatches":
        """Give batches to train on, see `CorpusInputs.train`.

        Args:
            order: in which the utterances to train on come.
            targets: class of every utterance of the corpus, shape ``(n,)``.
            augment: how far examples are bent.
        """
        return MelBatches(self, order, targets, augment)


def key(utterances: Sequence[Utterance], cfg: MelConfig, windows: Windows) -> str:
    """Name the features of recordings under a front end; a change of any gives another name.

    Args:
        utterances: by their identity and the hash of their sound.
        cfg: the front end.
        windows: how an utterance is cut for measuring.

    Returns:
        20 hexadecimal digits.
    """
    audio = [(u.id, u.audio_hash) for u in utterances]
    cut = {"window_s": windows.window_s, "hop_s": windows.hop_s}
    text = json.dumps([audio, as_dict(cfg), cut], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def load(
    utterances: Sequence[Utterance],
    cfg: MelConfig,
    windows: Windows,
    cache: Path,
    *,
    bent: Sequence[str] = (),
    step: Step = no_step,
) -> MelFeatures:
    """Read features from the cache folder, computing them first where they are not there.

    Args:
        utterances: what to compute, with paths and hashes.
        cfg: the front end.
        windows: how an utterance is cut for measuring.
        cache: folder; features of each key live below it.
        bent: names of `lightspeech.frontends.bends`, whose features are there too.
        step: called after each utterance computed.

    Raises:
        AudioError: if a recording cannot be decoded.
        OutputError: if the cache cannot be written.
    """
    folder, n = cache / key(utterances, cfg, windows), len(utterances)
    files = {name: _files(folder, name) for name in (AS_IT_IS, *bent)}
    if missing := [name for name, kept in files.items() if not _find(kept, n)]:
        computed = _compute(utterances, cfg, windows, missing, step)
        for name, arrays in zip(missing, computed, strict=True):
            for file, array in zip(files[name], arrays, strict=True):
                keep(np.asarray(array), file)
    found: dict[str, Any] = {name: _find(kept, n) for name, kept in files.items()}
    frames, offsets, cut, cut_offsets = found.pop(AS_IT_IS)
    return MelFeatures(cfg, frames, offsets, cut, cut_offsets, found)


def _files(folder: Path, name: str) -> dict[Path, int]:
    """List the arrays of a version with their axes; only the one as it is is cut for measuring."""
    if name == AS_IT_IS:
        return {folder / f"{array}.npy": axes for array, axes in AXES.items()}
    version = bends.version(name)
    return {folder / f"{array}-{version}.npy": AXES[array] for array in ("frames", "offsets")}


def _find(files: Mapping[Path, int], n: int) -> list[Any] | None:
    """Open what was kept of ``n`` utterances; None where anything is missing or damaged."""
    arrays = {file: find(file, axes=axes) for file, axes in files.items()}
    whole = [array for array in arrays.values() if array is not None]
    if len(whole) < len(files):
        return None
    for file, offsets, parts in zip(list(files)[1::2], whole[1::2], whole[::2], strict=True):
        if not _are_offsets(offsets, n, len(parts)):
            discard(file, "no offsets of these recordings")
            return None
    return whole


def _are_offsets(offsets: npt.NDArray[Any], n: int, end: int) -> bool:
    ends_right = offsets.dtype == np.int64 and len(offsets) == n + 1
    return ends_right and [*offsets[[0, -1]]] == [0, end] and bool((np.diff(offsets) > 0).all())


def _compute(
    utterances: Sequence[Utterance],
    cfg: MelConfig,
    windows: Windows,
    names: Sequence[str],
    step: Step,
) -> Iterator[tuple[npt.NDArray[Any], ...]]:
    """Decode each recording once, and give the arrays of each version."""
    whole: dict[str, list[Array]] = {name: [] for name in names}
    cut = []
    for utterance in utterances:
        waveform = io.load(utterance.path, cfg.sample_rate)
        for name, parts in whole.items():
            parts.append(frontend.log_bands(_version(waveform, cfg, utterance, name), cfg))
        if AS_IT_IS in whole:
            pieces = windows.cut(waveform, cfg.sample_rate)
            cut.append(np.stack([frontend.log_bands(piece, cfg) for piece in pieces]))
        step()
    for name, parts in whole.items():
        of_version = np.concatenate(parts), _offsets(parts)
        yield of_version if name != AS_IT_IS else (*of_version, np.concatenate(cut), _offsets(cut))


def _version(waveform: Array, cfg: MelConfig, utterance: Utterance, name: str) -> Array:
    if name == AS_IT_IS:
        return waveform
    return bends.bent(waveform, cfg.sample_rate, recording=utterance.id, name=name)


def _offsets(parts: Sequence[Array]) -> Index:
    return np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64)


class MelBatches:
    """All training utterances, every epoch in a new order and bent anew."""

    def __init__(
        self, features: MelFeatures, order: Order, targets: Tensor, bending: Augment
    ) -> None:
        """Hold what an epoch is made of.

        Args:
            features: of the whole corpus.
            order: in which the utterances to train on come; its ``bends`` seed all bends.
            targets: class of every utterance of the corpus, shape ``(n,)``.
            bending: how far to bend.
        """
        cfg = features.cfg
        self.order = order
        pairs = [features.bent[name] for name in bending.bends]
        frames, offsets = zip((features.frames, features.offsets), *pairs, strict=True)
        starts = _offsets(frames)[:-1, None]
        above = torch.from_numpy(np.concatenate(frames)) - float(np.log(cfg.floor))
        self.frames = F.pad(above, (0, 0, 0, 1))
        self.offsets = torch.from_numpy(np.stack(offsets) + starts)
        self.rows, self.targets = order.rows, targets
        self.n_frames = features.windows.shape[1]
        self.layer, self.bands = MelLayer(cfg), band_augment.bands_of(cfg)
        self.bending = bending

    def __len__(self) -> int:
        """Batches an epoch."""
        return len(self.order)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Go once through the training utterances."""
        n, seed = len(self.targets), self.order.bends
        drawn = augment.draw(n, self.bending, seed, number)
        versions = augment.versions(n, self.bending.bends, seed, number)
        for batch, numbers in self.order.epoch(number):
            u, version = drawn[numbers], versions[numbers]
            first = self.offsets[version, batch]
            whole = Whole(self.frames, first, self.offsets[version, batch + 1] - first)
            log_bands = band_augment.bend(whole, self.n_frames, u, self.bending, self.bands)
            yield Batch(self.layer.finish(log_bands), self.targets[batch], batch, u[:, augment.MIX])
