"""Effects with intervals: means over speakers, who are drawn anew as a whole."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightspeech import metrics
from lightspeech.metrics import Floats

REPLICATES = 2_000


@dataclass(frozen=True, eq=False)
class Effects:
    """Means over speakers, each of them counting alike, and the same of drawn speakers.

    Attributes:
        mean: shape ``(...)``; NaN where no speaker has a value.
        drawn: shape ``(REPLICATES, ...)``; none for fewer than two speakers.
    """

    mean: Floats
    drawn: Floats

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats] | None:
        """Bounds of the percentile interval, both of the shape of the mean; None for one speaker.

        Args:
            level: coverage, 0 to 1.
        """
        if not len(self.drawn):
            return None
        low, high = np.quantile(self.drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return low, high


def effects(values: Floats, speakers: npt.NDArray[np.str_], seed: int = 0) -> Effects:
    """Average over recordings of each speaker, then over speakers.

    Args:
        values: one of each recording, NaN where there is none, shape ``(recordings, ...)``.
        speakers: of the recordings, shape ``(recordings,)``.
        seed: of the drawing; the same draws the same speakers.
    """
    names = np.unique(speakers)
    of_speaker = np.stack([metrics.mean_present(values[speakers == name], 0) for name in names])
    if len(names) < 2:
        return Effects(of_speaker[0], np.zeros((0, *of_speaker.shape[1:])))
    n = len(names)
    draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=REPLICATES)
    weights = np.concatenate([np.ones((1, n)), draws])
    flat = of_speaker.reshape(n, -1)
    total = weights @ np.nan_to_num(flat)
    count = weights @ ~np.isnan(flat)
    means = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    means = means.reshape(-1, *of_speaker.shape[1:])
    # A draw in which nobody has a value says nothing: it stays where the mean is.
    drawn = np.where(np.isnan(means[1:]), means[0], means[1:])
    return Effects(means[0], drawn)
