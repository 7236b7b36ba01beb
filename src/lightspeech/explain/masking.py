"""Recordings of which places can be made faint, for any bundle: through the waveform, or quicker.

A waveform is taken apart once, and masks only add its places up again. Where a bundle begins with
mel bands, their energies are computed once too: of all masks only the network runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.pitch import SAMPLE_RATE
from lightspeech.audio.resampling import resampled
from lightspeech.audio.windows import Waveform, Windows
from lightspeech.explain import places
from lightspeech.explain.listeners import ask
from lightspeech.inference.predictor import Behind, Divisible, Predictor
from lightspeech.metrics import Floats

FAINTER = 0.01
"""What is left of a place: 40 dB less."""
BATCH = 32
"""Masks of a waveform, or windows of a network, at once."""

Mask = npt.NDArray[np.bool_]
"""Places that are left as they are, shape ``(masks, pieces, places.N_BANDS)``."""


class Masked(Protocol):
    """A recording of which places can be made faint."""

    @property
    def waveform(self) -> Waveform:
        """The recording, shape ``(samples,)``, at `pitch.SAMPLE_RATE`."""

    def answer(self, kept: Mask) -> Floats:
        """Answer with all places but the kept ones made faint.

        Args:
            kept: shape ``(masks, pieces, places.N_BANDS)``.

        Returns:
            Probabilities, shape ``(masks, n_classes)``.

        Raises:
            BundleError: if the model gives none.
        """


def masked(predictor: Predictor, waveform: Waveform) -> Masked:
    """Choose the quickest way to mask a recording for a bundle.

    Args:
        predictor: the bundle, open.
        waveform: shape ``(samples,)``, at `pitch.SAMPLE_RATE`, a piece long or longer.

    Raises:
        BundleError: if the bundle is damaged.
    """
    behind = predictor.behind_bands() if isinstance(predictor, Divisible) else None
    if behind is None:
        return OfWaveform(predictor, waveform)
    bundle = predictor.bundle
    return OfBands(bundle.windows, bundle.mel, behind, waveform)


@dataclass(frozen=True)
class OfWaveform:
    """Masks on the waveform: any bundle can be asked.

    Attributes:
        predictor: the bundle, open.
        waveform: the recording, shape ``(samples,)``, at `pitch.SAMPLE_RATE`.
    """

    predictor: Predictor
    waveform: Waveform

    @cached_property
    def components(self) -> list[tuple[int, Floats]]:
        """Of each piece its first sample and its bands, shape ``(places.N_BANDS, samples)``."""
        return places.components(self.waveform)

    def answer(self, kept: Mask) -> Floats:
        """Answer with all places but the kept ones made faint, see `Masked.answer`.

        Args:
            kept: shape ``(masks, pieces, places.N_BANDS)``.

        Returns:
            Probabilities, shape ``(masks, n_classes)``.
        """
        batches = [kept[at : at + BATCH] for at in range(0, len(kept), BATCH)]
        return np.concatenate([ask(self.predictor, self._waveforms(batch)) for batch in batches])

    def _waveforms(self, kept: Mask) -> Sequence[Waveform]:
        n = len(self.waveform)
        rows = np.repeat(self.waveform[None].astype(np.float64), len(kept), 0)
        for piece, (start, bands) in enumerate(self.components):
            some = np.flatnonzero(~kept[:, piece].all(1))
            lost = (FAINTER - 1) * ~kept[some, piece] @ bands
            inside = slice(max(start, 0), start + lost.shape[1])
            rows[some, inside] += lost[:, max(-start, 0) :][:, : n - inside.start]
        waveforms: list[Waveform] = [*rows.clip(-1, 1).astype(np.float32)]
        return waveforms


@dataclass(frozen=True)
class Spectra:
    """Energies of the mel bands of all windows of a recording, and the place of each.

    Attributes:
        energies: shape ``(windows, frames, bands)``.
        piece: of each frame, shape ``(windows, frames)``.
        band: of each mel band, shape ``(bands,)``.
        gain: what is left of a masked energy.
        floor: of the front end, added to all.
    """

    energies: npt.NDArray[np.float32]
    piece: places.Indices
    band: places.Indices
    gain: np.float32
    floor: np.float32

    def without(self, kept: Mask, window: int) -> npt.NDArray[np.float32]:
        """Make all places of a window but the kept ones faint.

        Args:
            kept: shape ``(masks, pieces, places.N_BANDS)``.
            window: its number.

        Returns:
            Energies, floor added, shape ``(masks, frames, bands)``.
        """
        gains = np.where(kept, np.float32(1), self.gain)[:, :, self.band]
        heard: npt.NDArray[np.float32] = gains[:, self.piece[window]]
        heard *= self.energies[window]
        heard += self.floor
        return heard


def spectra(waveform: Waveform, windows: Windows, mel: MelConfig) -> Spectra:
    """Compute the energies of a recording once, window by window as a device would.

    Args:
        waveform: shape ``(samples,)``, at `pitch.SAMPLE_RATE`.
        windows: how it is cut.
        mel: the front end.
    """
    heard = np.concatenate([*resampled([waveform], SAMPLE_RATE, mel.sample_rate)])
    starts = np.array(windows.starts(len(heard), mel.sample_rate))
    cut = windows.cut(heard, mel.sample_rate)
    energies = np.stack([frontend.energies(window, mel) for window in cut])
    centre = np.arange(energies.shape[1]) * mel.hop_length + mel.n_fft / 2
    seconds = (starts[:, None] + centre) / mel.sample_rate
    return Spectra(
        energies,
        places.pieces(seconds, len(waveform)),
        places.bands(frontend.centres(mel)),
        np.float32(FAINTER**mel.power),
        np.float32(mel.floor),
    )


@dataclass(frozen=True)
class OfBands:
    """Masks on the energies of mel bands, which are computed once.

    Attributes:
        windows: how a recording is cut.
        mel: the front end.
        behind: what answers energies.
        waveform: the recording, shape ``(samples,)``, at `pitch.SAMPLE_RATE`.
    """

    windows: Windows
    mel: MelConfig
    behind: Behind
    waveform: Waveform

    @cached_property
    def spectra(self) -> Spectra:
        """Of the recording."""
        return spectra(self.waveform, self.windows, self.mel)

    @cached_property
    def plain(self) -> Floats:
        """Probabilities of each window with all places kept, shape ``(windows, n_classes)``."""
        spectra = self.spectra
        return self.behind(spectra.energies + spectra.floor).astype(np.float64)

    def answer(self, kept: Mask) -> Floats:
        """Answer with all places but the kept ones made faint, see `Masked.answer`.

        Args:
            kept: shape ``(masks, pieces, places.N_BANDS)``.

        Returns:
            Probabilities, shape ``(masks, n_classes)``.
        """
        of_windows = np.repeat(self.plain[:, None], len(kept), 1)
        for window, row in enumerate(of_windows):
            heard = np.unique(self.spectra.piece[window])
            other = np.flatnonzero(~kept[:, heard].all((1, 2)))  # masks that this window hears
            for at in range(0, len(other), BATCH):
                some = other[at : at + BATCH]
                row[some] = self.behind(self.spectra.without(kept[some], window))
        pooled = [self.windows.pooled(rows) for rows in of_windows.transpose(1, 0, 2)]
        return np.stack(pooled)
