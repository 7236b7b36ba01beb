"""Maps of trained runs: masks on their spectra, and integrated gradients of float networks.

Integrated gradients (Sundararajan et al. 2017) go from silence to the recording along a straight
line of log bands; all of them together are the probability of the recording minus that of silence.
They hold in evaluation mode alone, so networks are put into it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Waveform
from lightspeech.errors import ConfigError
from lightspeech.explain import places
from lightspeech.explain.masking import OfBands
from lightspeech.frontends.mel_layer import MelLayer
from lightspeech.metrics import Floats
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

STEPS = 64
"""Points of the line, each in the middle of its part."""
BATCH = 32
"""Points at once."""


def has_maps(cfg: RunConfig) -> bool:
    """Tell whether there are maps of a run: its network is given mel bands of a stranger.

    Args:
        cfg: what made it.
    """
    return cfg.frontend.name == "mel" and not cfg.knows_speaker


@dataclass(frozen=True, eq=False)
class Mapped:
    """A trained run and a recording.

    Attributes:
        run: one that `has_maps`.
        waveform: shape ``(samples,)``, at `pitch.SAMPLE_RATE`.
    """

    run: Run
    waveform: Waveform

    @property
    def mel(self) -> MelConfig:
        """The front end."""
        mel: MelConfig = self.run.config.frontend.config
        return mel

    @cached_property
    def masked(self) -> OfBands:
        """The recording, of which places can be made faint."""
        return OfBands(self.run.config.windows, self.mel, self._behind, self.waveform)

    @cached_property
    def _layer(self) -> MelLayer:
        return MelLayer(self.mel)

    @torch.no_grad()
    def _behind(self, energies: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        rows: npt.NDArray[np.float32] = self.probabilities(torch.from_numpy(energies).log()).numpy()
        return rows

    def probabilities(self, log_bands: Tensor) -> Tensor:
        """Probabilities of windows, shape ``(n, n_classes)``.

        Args:
            log_bands: of each, shape ``(n, frames, bands)``.
        """
        logits = self.run.network.eval()(self._layer.finish(log_bands))
        return torch.softmax(logits / self.run.temperature, 1)


def integrated(mapped: Mapped, label: int) -> Floats:
    """Make a map by integrated gradients.

    Args:
        mapped: run and recording.
        label: class whose probability is mapped.

    Returns:
        Sums over the places, shape ``(pieces, places.N_BANDS)``.

    Raises:
        ConfigError: if the network is int8, whose steps have no gradient, or windows are not
            averaged.
    """
    cfg = mapped.run.config
    if cfg.architecture.int8_parts or cfg.windows.over != "mean":
        what = "int8" if cfg.architecture.int8_parts else f"windows.over={cfg.windows.over}"
        raise ConfigError(
            f"integrated gradients are of float networks whose windows are averaged, found {what}; "
            "take occlusion or Shapley values"
        )
    spectra = mapped.masked.spectra
    values = np.zeros((places.n_pieces(len(mapped.waveform)), places.N_BANDS))
    for energies, piece in zip(spectra.energies, spectra.piece, strict=True):
        of_window = _along(mapped, torch.from_numpy(energies + spectra.floor).log(), label)
        np.add.at(values, (piece[:, None], spectra.band[None]), of_window)
    return values / len(spectra.energies)


def silence(mapped: Mapped) -> Tensor:
    """Log bands of digital silence, shape ``(frames, bands)``.

    Args:
        mapped: run and recording, of whose windows these are.
    """
    spectra = mapped.masked.spectra
    return torch.full(spectra.energies.shape[1:], float(np.log(spectra.floor)))


def _along(mapped: Mapped, log_bands: Tensor, label: int) -> Floats:
    """Integrate over one window, shape ``(frames, bands)``."""
    start = silence(mapped)
    shares = (torch.arange(STEPS) + 0.5) / STEPS
    total = torch.zeros_like(start, dtype=torch.float64)
    for some in torch.split(shares, BATCH):
        points = (start + some[:, None, None] * (log_bands - start)).requires_grad_(True)
        mapped.probabilities(points)[:, label].sum().backward()  # type: ignore[no-untyped-call]
        assert points.grad is not None
        total += points.grad.double().sum(0)
    attributed: Floats = (total / STEPS * (log_bands - start)).numpy()
    return attributed
