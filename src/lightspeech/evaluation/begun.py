"""What beginning with a shipped model is worth, as ``benchmarks/init.py`` measures it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lightspeech import metrics
from lightspeech.config import build, config
from lightspeech.errors import CorpusError
from lightspeech.evaluation import results
from lightspeech.evaluation.results import DIGITS
from lightspeech.files import read_json
from lightspeech.training.predictions import Predictions

PATH = Path("benchmarks/init.json")
"""Below the folder of all results."""


@config
class Begun:
    """Two studies of the same folds and seeds: with fresh weights, and with those of a bundle."""

    fresh: str
    """Recipe of the first."""
    begun: str
    """Recipe of the second."""
    init: str
    """Its bundle."""
    protocol: str
    selection: str
    corpus: str
    classes: int
    speakers: int
    """That were measured."""
    folds: int
    seeds: tuple[int, ...]
    fresh_uar: float
    """Mean over folds and seeds, 0 to 1."""
    begun_uar: float
    gain: float
    """Of the UAR, -1 to 1; positive is better."""
    gain_ci95: tuple[float, float]
    """Paired bootstrap by speaker."""
    better_speakers: float
    """Share of the speakers that are heard better, 0 to 1."""


def compare(
    fresh: Sequence[Predictions], begun: Sequence[Predictions], /, **said: str | int
) -> Begun:
    """Compare the answers of two studies, paired by speaker, fold and seed.

    Args:
        fresh: one of each fold and seed.
        begun: the same folds and seeds.
        said: what else is to be said of them, by field.

    Raises:
        CorpusError: if the two were not tested on the same recordings.
    """
    if {(r.fold, r.seed, r.ids) for r in fresh} != {(r.fold, r.seed, r.ids) for r in begun}:
        raise CorpusError("the two studies were not tested on the same recordings; train both anew")
    labels = fresh[0].labels
    first, second = (results.tally(runs, labels) for runs in (fresh, begun))
    uars = [float(metrics.uar_of(t.counts.sum(2)).mean()) for t in (first, second)]
    low, high = metrics.paired_ci(first.counts, second.counts)
    by_speaker = [metrics.uar_of(t.counts.sum(1)).mean(0) for t in (first, second)]
    values = {
        **said,
        "classes": len(labels),
        "speakers": len(first.speakers),
        "folds": len(first.folds),
        "seeds": first.seeds,
        "fresh_uar": round(uars[0], DIGITS),
        "begun_uar": round(uars[1], DIGITS),
        "gain": round(uars[1] - uars[0], DIGITS),
        "gain_ci95": (round(low, DIGITS), round(high, DIGITS)),
        "better_speakers": round(float(np.mean(by_speaker[1] > by_speaker[0])), DIGITS),
    }
    return build(Begun, values, source="comparison")


def read(root: Path) -> list[Begun]:
    """Read what was measured, in the order it came; none where nothing was.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if the file is no JSON object.
        ConfigError: if it does not hold what it should.
    """
    path = root / PATH
    found = read_json(path) if path.is_file() else {}
    return [build(Begun, values, source=str(path)) for values in found.values()]
