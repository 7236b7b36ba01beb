"""Waveforms as they are, for networks that hear them themselves, such as a fine-tuned encoder.

Decoded and resampled once, kept a file a recording, and cut into windows as a device cuts them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from lightspeech.audio import budget, io
from lightspeech.audio.windows import Windows
from lightspeech.config import config
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.frontends import augment, waveform_augment
from lightspeech.frontends.augment import (
    BENDS_ARE_KEPT,
    MEASURED_IS_OF_ENCODERS,
    PLAIN,
    Augment,
)
from lightspeech.frontends.batches import Batch, Index, Order
from lightspeech.frontends.cache import find, keep
from lightspeech.frontends.contract import Cost, Layer, Origin, Source, Step, no_step
from lightspeech.frontends.encoder import WAVEFORM, origin
from lightspeech.frontends.encoder_folder import SHORTEST
from lightspeech.frontends.states import SAMPLE_RATE

BATCH = 16
"""Windows measured at once."""


@config
class Config:
    """Whose encoder hears the waveforms, and what noise stands behind them in training."""

    source: str = "whisper-base"
    """A folder, one below ``$LIGHTSPEECH_ENCODERS``, or a hub name as facebook/wav2vec2-base."""
    noise: str | None = None
    """Folder of recordings of noise, for ``augment.noise_probability``; null: white to pink."""


@dataclass(frozen=True)
class Waveforms:
    """The front end on windows of one length, see `contract.Frontend`.

    A bundle of a network behind it is as large as its encoder, so only who asks for one gets one.
    """

    cfg: Config
    windows: Windows
    n_features = 1
    sample_rate = SAMPLE_RATE
    scheme = "fp32"
    in_bundle = False
    tuned = 0

    def open(self, utterances: Sequence[Utterance], cache: Path, step: Step = no_step) -> "Heard":
        """Find the waveforms of a corpus, see `contract.Frontend.open`.

        Args:
            utterances: the corpus, with paths and hashes.
            cache: folder of all cached features.
            step: called after each utterance.

        Raises:
            AudioError: if a recording cannot be decoded.
            ConfigError: if there is no noise in its folder.
            OutputError: if the cache cannot be written.
        """
        files = _files(utterances, cache)
        for utterance, file in zip(utterances, files, strict=True):
            if find(file, axes=1) is None:
                keep(io.load(utterance.path, SAMPLE_RATE), file)
            step()
        noises = () if self.cfg.noise is None else waveform_augment.recordings(self.cfg.noise)
        lengths = tuple(len(_read(file)) for file in files)
        return Heard(self.windows, files, lengths, noises)

    def missing(self, utterances: Sequence[Utterance], cache: Path) -> list[Utterance]:
        """List those of ``utterances`` that have no file in ``cache``."""
        files = zip(utterances, _files(utterances, cache), strict=True)
        return [utterance for utterance, file in files if not file.exists()]

    def example(self) -> Tensor:
        """One silent window, shape ``(1, samples, 1)``."""
        return torch.zeros(1, self.windows.samples(SAMPLE_RATE)[0], 1)

    def layer(self, *, any_length: bool) -> Layer:
        """Waveform to waveform, with an axis more."""
        sizes = {0: torch.export.Dim("batch")}
        if any_length:
            sizes[1] = torch.export.Dim("samples", min=SHORTEST)
        example = torch.zeros(2, self.windows.samples(SAMPLE_RATE)[0])
        return Layer({WAVEFORM: Source(example=example, sizes=sizes)}, nn.Unflatten(1, (-1, 1)))

    def files(self) -> dict[str, str]:
        """None: all is in the graph."""
        return {}

    def network_alone(self, *, any_length: bool) -> None:
        """None: there is nothing before the network."""

    def cost(self) -> Cost:
        """Nothing: the encoder is a part of the network."""
        return Cost()

    def origins(self) -> tuple[Origin, ...]:
        """Whose encoder the network begins with."""
        return (origin(self.cfg.source),)


def _files(utterances: Sequence[Utterance], cache: Path) -> tuple[Path, ...]:
    folder = cache / f"waveforms-{SAMPLE_RATE}"
    return tuple(
        folder / u.audio_hash[:2] / f"{u.audio_hash}-{u.sample_rate}.npy" for u in utterances
    )


def _read(file: Path) -> npt.NDArray[np.float32]:
    waveform: npt.NDArray[np.float32] = np.load(file, mmap_mode="r", allow_pickle=False)
    return waveform


@dataclass(frozen=True, eq=False)
class Heard:
    """Waveforms of every utterance of a corpus, on disk.

    Attributes:
        windows: how an utterance is cut for measuring.
        files: one of each utterance, float32, shape ``(samples,)``.
        lengths: samples of each.
        noises: recordings to put behind examples in training.
    """

    windows: Windows
    files: tuple[Path, ...]
    lengths: tuple[int, ...]
    noises: tuple[Path, ...] = ()

    @property
    def window_offsets(self) -> Index:
        """First window of each utterance and the end, shape ``(n + 1,)``."""
        counts = [len(self.windows.starts(n, SAMPLE_RATE)) for n in self.lengths]
        return np.cumsum([0, *counts])

    def read(self, row: int) -> Tensor:
        """Give the waveform of one utterance, shape ``(samples, 1)``."""
        return torch.from_numpy(np.array(_read(self.files[row])))[:, None]

    def measure(self, rows: Index) -> Iterator[Tensor]:
        """Give the windows of some utterances, in order.

        Args:
            rows: of the corpus, shape ``(n_rows,)``.

        Yields:
            Shape ``(batch, samples, 1)``.
        """
        cuts = (self.windows.cut(_read(self.files[row]), SAMPLE_RATE) for row in rows)
        pieces = chain.from_iterable(cuts)
        while block := list(islice(pieces, BATCH)):
            yield torch.from_numpy(np.stack(block))[:, :, None]

    def train(self, order: Order, targets: Tensor, augment: Augment) -> "WaveformBatches":
        """Give batches to train on, see `CorpusInputs.train`.

        Args:
            order: in which the utterances to train on come.
            targets: class of every utterance of the corpus, shape ``(n,)``.
            augment: how far examples are bent.
        """
        return WaveformBatches(self, order, targets, augment)


class WaveformBatches:
    """A window of each training utterance, every epoch in a new order, cut and bent anew."""

    def __init__(self, corpus: Heard, order: Order, targets: Tensor, bending: Augment) -> None:
        """Hold what an epoch is made of.

        Args:
            corpus: waveforms of all utterances.
            order: in which the utterances to train on come; its ``bends`` seed all bends.
            targets: class of every utterance of the corpus, shape ``(n,)``.
            bending: how far examples are bent.
        """
        self.order, self.rows, self.targets = order, order.rows, targets
        self.corpus, self.bending = corpus, bending
        self.n_samples = corpus.windows.samples(SAMPLE_RATE)[0]

    def __len__(self) -> int:
        """Batches an epoch."""
        return len(self.order)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Go once through the training utterances."""
        drawn = augment.draw(len(self.targets), self.bending, self.order.bends, number)
        for batch, numbers in self.order.epoch(number):
            bent = [
                self._bend(int(row), u, [self.order.bends, number, int(place)])
                for row, place, u in zip(batch, numbers, drawn[numbers], strict=True)
            ]
            yield Batch(
                torch.stack(bent)[:, :, None],
                self.targets[batch],
                batch,
                drawn[numbers, augment.MIX],
            )

    def _bend(self, row: int, u: Tensor, seed: list[int]) -> Tensor:
        corpus, generator = self.corpus, np.random.default_rng([*seed, 4])
        waveform = np.array(_read(corpus.files[row]))
        noise = waveform_augment.Noise(corpus.noises, generator)
        return waveform_augment.bend(waveform, self.n_samples, u, self.bending, noise)


def build(cfg: Config, *, windows: Windows, augment: Augment = PLAIN) -> Waveforms:
    """Make the front end.

    Args:
        cfg: whose encoder hears.
        windows: how recordings are cut.
        augment: neither other speeds nor bends; they are of what is kept.

    Raises:
        ConfigError: if a window is shorter than an encoder hears, other speeds or bends are asked
            for, or more than a device has, see `budget.check`.
    """
    if windows.samples(SAMPLE_RATE)[0] < SHORTEST:
        raise ConfigError(
            f"windows.window_s={windows.window_s:g} is shorter than the {SHORTEST} samples that an "
            "encoder needs; lengthen it"
        )
    augment.refuse(
        "speeds", "is of encoders whose states are kept; for waveforms write augment.stretch and "
        "augment.semitones instead",
    )  # fmt: skip
    augment.refuse("as_measured", MEASURED_IS_OF_ENCODERS)
    augment.refuse("bends", BENDS_ARE_KEPT)
    budget.check(windows, SAMPLE_RATE, None)
    return Waveforms(cfg, windows)
