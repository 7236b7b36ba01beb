"""What a frozen encoder hears in a corpus: kept a file a recording, read back batch by batch.

A file a recording, named by its sound, so that every study, vocabulary and mix of corpora shares
them, a killed extraction goes on where it was, and memory stays flat however large a corpus is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lightspeech.audio import io
from lightspeech.audio.windows import Windows
from lightspeech.corpora.base import Utterance
from lightspeech.errors import StudyError
from lightspeech.files import replacing
from lightspeech.frontends import augment, pretrained
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Batch, Order
from lightspeech.frontends.encoder import SAMPLE_RATE, Encoder
from lightspeech.frontends.mel_features import Index
from lightspeech.frontends.pretrained import HALF


@dataclass(frozen=True, eq=False)
class Encoded:
    """Hidden states of every utterance of a corpus, on disk.

    Attributes:
        cfg: the encoder.
        files: one of each utterance, float16, shape ``(frames, n_features)``.
        window_files: one of each utterance, of the windows it is measured in, shape ``(windows,
            frames, n_features)``; none where it is measured whole.
        window_counts: of each utterance; none where it is measured whole.
        window_frames: of each window; None where it is measured whole.
        at_speeds: further files of each utterance, spoken faster or slower; a tuple for each speed.
    """

    cfg: Encoder
    files: tuple[Path, ...]
    window_files: tuple[Path, ...] = ()
    window_counts: tuple[int, ...] = ()
    window_frames: int | None = None
    at_speeds: tuple[tuple[Path, ...], ...] = ()

    @property
    def window_offsets(self) -> Index:
        """First window of each utterance and the end; whole it is one: shape ``(n + 1,)``."""
        return np.cumsum([0, *(self.window_counts or [1] * len(self.files))])

    def read(self, row: int, version: int = 0) -> HALF:
        """Read the hidden states of one utterance, shape ``(frames, n_features)``.

        Args:
            row: of the corpus.
            version: 0 as it was spoken, from 1 on at the other speeds.

        Raises:
            StudyError: if the file is damaged.
        """
        return _read((self.files, *self.at_speeds)[version][row])

    def read_windows(self, row: int) -> Sequence[HALF]:
        """Read what an utterance is measured by: its windows, or itself.

        Raises:
            StudyError: if the file is damaged.
        """
        return list(_read(self.window_files[row])) if self.window_files else [self.read(row)]


def _read(file: Path) -> HALF:
    try:
        states: HALF = np.load(file, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise StudyError(f"{file}: damaged ({error}); delete it and add --resume") from None
    return states


def load(
    utterances: Sequence[Utterance],
    cfg: Encoder,
    cache: Path,
    *,
    windows: Windows | None = None,
    speeds: Sequence[float] = (),
    step: Callable[[], None] = lambda: None,
) -> Encoded:
    """Find the hidden states of a corpus in the cache folder, computing those that are not there.

    Args:
        utterances: what to hear, with paths and hashes.
        cfg: the encoder.
        cache: folder; hidden states of each encoder live below it.
        windows: how an utterance is cut for measuring, as on a device; None leaves it whole.
        speeds: at which recordings are heard too.
        step: called after each utterance.

    Raises:
        AudioError: if a recording cannot be decoded.
        ConfigError: if there is no such encoder.
        MissingExtra: if transformers is not installed.
        OutputError: if the cache cannot be written.
    """
    whole, measured, *others = _files(utterances, cfg, cache, windows, speeds)
    rates = (1.0, *speeds)
    opened = None
    for row, utterance in enumerate(utterances):
        versions = {files[row]: at for files, at in zip((whole, *others), rates, strict=True)}
        if missing := {file for file in (*versions, measured[row]) if not file.exists()}:
            opened = opened or _open(cfg)
            waveform = io.load(utterance.path, SAMPLE_RATE)
            if windows is not None and measured[row] in missing:
                pieces = windows.cut(waveform, SAMPLE_RATE)
                _keep(np.stack([opened(piece) for piece in pieces]), measured[row])
            for file in missing & versions.keys():
                _keep(opened(io.sped_up(waveform, versions[file])), file)
        step()
    if windows is None:
        return Encoded(cfg, whole, at_speeds=tuple(others))
    shapes = [np.load(file, mmap_mode="r", allow_pickle=False).shape for file in measured]
    counts, frames = tuple(shape[0] for shape in shapes), shapes[0][1]
    return Encoded(cfg, whole, measured, counts, frames, tuple(others))


def is_complete(
    utterances: Sequence[Utterance],
    cfg: Encoder,
    cache: Path,
    *,
    windows: Windows | None = None,
    speeds: Sequence[float] = (),
) -> bool:
    """Tell whether nothing is left to compute; arguments and errors as of `load`."""
    files = _files(utterances, cfg, cache, windows, speeds)
    return all(file.exists() for version in files for file in version)


def _files(
    utterances: Sequence[Utterance],
    cfg: Encoder,
    cache: Path,
    windows: Windows | None,
    speeds: Sequence[float],
) -> list[tuple[Path, ...]]:
    """Name the files of all utterances: whole, as measured, and at each speed."""
    folder = cache / pretrained.key(cfg)
    cut = "" if windows is None else f"-{windows.window_s:g}-{windows.hop_s}"
    stems = [folder / u.audio_hash[:2] / f"{u.audio_hash}-{u.sample_rate}" for u in utterances]
    ends = ("", cut, *(f"-x{speed:g}" for speed in speeds))
    return [tuple(stem.with_name(f"{stem.name}{end}.npy") for stem in stems) for end in ends]


def _keep(states: HALF, file: Path) -> None:
    with replacing(file) as temporary, temporary.open("wb") as target:
        np.lib.format.write_array(target, states, allow_pickle=False)


def _open(cfg: Encoder) -> pretrained.Opened:
    torch.set_num_threads(1)  # as in training: threads that wait for each other take minutes
    return pretrained.load(cfg)


class EncodedBatches:
    """All training utterances, every epoch in a new order, cropped and masked anew."""

    def __init__(self, found: Encoded, order: Order, targets: Tensor, bending: Augment) -> None:
        """Hold what an epoch is made of; arguments as of `batches.TrainingBatches`."""
        self.order, self.rows, self.targets = order, order.rows, targets
        self.found, self.bending = found, bending

    def __len__(self) -> int:
        """Batches an epoch."""
        return len(self.order)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Go once through the training utterances."""
        drawn = augment.draw(len(self.targets), self.bending, self.order.seed, number)
        for batch, numbers in self.order.epoch(number):
            u = drawn[numbers]
            cut = [self._cut(int(row), *own) for row, own in zip(batch, u[:, :3], strict=True)]
            features = self._mask(beside(cut, _multiple(self.found)), u[:, 8:])
            yield Batch(features, self.targets[batch], batch, u[:, 7])

    def _cut(self, row: int, start: Tensor, end: Tensor, version: Tensor) -> HALF:
        """Choose a speed, cut up to a share off both ends, and no more than a window is left."""
        states = self.found.read(row, int(version * (1 + len(self.found.at_speeds))))
        longest = self.bending.crop * len(states)
        left = states[int(start * longest) : len(states) - int(end * longest)]
        return left[: self.found.window_frames]

    def _mask(self, features: Tensor, u: Tensor) -> Tensor:
        """Hide drawn stretches of time: frames of zeros do not count."""
        n = self.bending.time_masks
        longest = self.bending.time_mask_s / self.found.cfg.pool_s
        hidden = augment.runs(u[:, : 2 * n], features.shape[1], longest)
        return features.masked_fill_(hidden[:, :, None], 0.0)


def _multiple(found: Encoded) -> int:
    """Say of what lengths are multiples: few lengths where blocks are tuned.

    Every length has kernels of its own, and kernels of all lengths are gigabytes.
    """
    return 32 if found.cfg.tuned else 1


def beside(states: Sequence[HALF], multiple: int = 1) -> Tensor:
    """Put utterances side by side, zeros behind the shorter ones: ``(batch, frames, n)``.

    Args:
        states: of each utterance, shape ``(frames, n)``.
        multiple: of which the length is one.
    """
    longest = -(-max(map(len, states)) // multiple) * multiple
    made = torch.zeros(len(states), longest, states[0].shape[1])
    for row, own in zip(made, states, strict=True):
        row[: len(own)] = torch.from_numpy(own)
    return made


def measuring_batches(found: Encoded, rows: Index, *, batch_size: int = 64) -> Iterator[Tensor]:
    """Give the windows of some utterances, or these whole, in order.

    Yields:
        Shape ``(batch, longest, n_features)``.
    """
    windows = chain.from_iterable(found.read_windows(row) for row in rows)
    while block := list(islice(windows, batch_size)):
        yield beside(block, _multiple(found))
