"""Maps of a system, summed up over recordings: what they are worth, and where each emotion lies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightspeech.config import config
from lightspeech.explain import by_speaker
from lightspeech.metrics import Floats

DIGITS = 4


@config
class Attribution:
    """Maps of one system by one method."""

    system: str
    method: str
    n: int
    """Recordings."""
    worth: float
    """See `maps.Map`; means over seeds, then recordings, then speakers."""
    energy_worth: float
    random_worth: float
    more_than_energy_ci95: tuple[float, float] | None
    """Interval of worth minus that of energy, by speaker; null for one speaker."""
    shuffled: float | None
    """Rank correlation with maps of the same network with shuffled weights; null for a bundle."""
    seeds: float | None
    """Rank correlation of maps of two seeds; null where there is one."""
    bands: dict[str, tuple[float, ...]]
    """Of each emotion the share of each band, lowest first, in all that speaks for it."""

    @property
    def beats_energy(self) -> bool:
        """Whether maps certainly tell more than where it is loud, and more than chance."""
        bounds = self.more_than_energy_ci95
        return bounds is not None and bounds[0] > 0 and self.worth > self.random_worth


@dataclass(frozen=True, eq=False)
class Figures:
    """What was found of all recordings.

    Attributes:
        worth: shape ``(recordings,)``.
        energy: worth of the map of energy, shape ``(recordings,)``.
        chance: worth of maps of chance, shape ``(recordings,)``.
        shuffled: rank correlations, NaN of a bundle, shape ``(recordings,)``.
        seeds: rank correlations, NaN where there is one seed, shape ``(recordings,)``.
        bands: shares, shape ``(recordings, bands)``.
    """

    worth: Floats
    energy: Floats
    chance: Floats
    shuffled: Floats
    seeds: Floats
    bands: Floats


def summed(
    names: tuple[str, str],
    figures: Figures,
    emotions: Sequence[str],
    speakers: npt.NDArray[np.str_],
) -> Attribution:
    """Sum up the maps of one system by one method.

    Args:
        names: of the system and of the method.
        figures: of all recordings.
        emotions: of these.
        speakers: of these, shape ``(recordings,)``.
    """
    more = by_speaker.effects((figures.worth - figures.energy)[:, None], speakers).interval()
    of = np.array(emotions)
    return Attribution(
        system=names[0],
        method=names[1],
        n=len(of),
        worth=_mean(figures.worth, speakers),
        energy_worth=_mean(figures.energy, speakers),
        random_worth=_mean(figures.chance, speakers),
        more_than_energy_ci95=None
        if more is None
        else (round(float(more[0][0]), DIGITS), round(float(more[1][0]), DIGITS)),
        shuffled=_known(figures.shuffled, speakers),
        seeds=_known(figures.seeds, speakers),
        bands={
            str(emotion): tuple(figures.bands[of == emotion].mean(0).round(DIGITS).tolist())
            for emotion in np.unique(of)
        },
    )


def _known(values: Floats, speakers: npt.NDArray[np.str_]) -> float | None:
    return None if np.isnan(values).all() else _mean(values, speakers)


def _mean(values: Floats, speakers: npt.NDArray[np.str_]) -> float:
    return round(float(by_speaker.effects(values[:, None], speakers).mean[0]), DIGITS)
