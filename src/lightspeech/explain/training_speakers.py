"""How the training speakers of a model speak: what values of a recording are held against."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lightspeech import config
from lightspeech.audio.measures import UNITS
from lightspeech.files import write_json
from lightspeech.metrics import Floats

FILE = "training_speakers.json"
"""In the folder of a bundle, beside its model."""
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
DIGITS = 4


@config.config
class TrainingSpeakers:
    """Functionals of the recordings that a model learnt from."""

    n_recordings: int
    n_speakers: int
    quantiles: dict[str, tuple[float, float, float, float, float]]
    """Of each functional, at `SHARES` of the recordings."""

    def share_below(self, functional: str, value: float) -> float | None:
        """Share of the recordings with a lower value, 0.05 to 0.95; None where nobody knows.

        Args:
            functional: one of `measures.UNITS`.
            value: in its unit.
        """
        known = self.quantiles.get(functional)
        if known is None or np.isnan(value):
            return None
        return float(np.interp(value, known, SHARES))


def summed(values: Floats, speakers: Sequence[str]) -> TrainingSpeakers:
    """Sum functionals up.

    Args:
        values: shape ``(recordings, functionals)``, NaN where there is no voice.
        speakers: of the recordings.
    """
    found: dict[str, npt.NDArray[np.float64]] = {
        name: np.nanquantile(of, SHARES)
        for name, of in zip(UNITS, values.T, strict=True)
        if not np.isnan(of).all()
    }
    return TrainingSpeakers(
        n_recordings=len(values),
        n_speakers=len({*speakers}),
        quantiles={name: tuple(row.round(DIGITS).tolist()) for name, row in found.items()},
    )


def write(speakers: TrainingSpeakers, folder: Path) -> Path:
    """Keep them beside the model of a bundle; give the file.

    Args:
        speakers: of its training.
        folder: of the bundle.

    Raises:
        OutputError: if the file cannot be written.
    """
    write_json(folder / FILE, config.as_dict(speakers))
    return folder / FILE


def read(folder: Path) -> TrainingSpeakers | None:
    """Read those of a bundle; None where it does not say.

    Args:
        folder: of the bundle.

    Raises:
        ConfigError: if the file does not hold what it should.
        CorpusError: if it holds no JSON object.
    """
    file = folder / FILE
    return config.read_json(TrainingSpeakers, file) if file.is_file() else None
