"""Figures of a study that tells ratings in place of classes: concordance, and how far off it is.

The concordance of a seed is that of all folds together, and that of the study its mean over seeds.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from lightspeech import config, metrics
from lightspeech.errors import CorpusError
from lightspeech.evaluation.conditions import Conditions
from lightspeech.evaluation.results import DIGITS
from lightspeech.training.told import Told

Agreement = Annotated[float, Field(ge=-1, le=1)]


@config.config
class Rating:
    """Figures of one dimension."""

    ccc: Agreement
    """Concordance correlation coefficient (Lin 1989), mean over seeds."""
    std: float | None
    """Over seeds (n - 1); null for one seed."""
    ci95: tuple[Agreement, Agreement] | None
    """Bootstrap by speaker, see `metrics.concordance_ci`; null for one speaker."""
    rmse: Annotated[float, Field(ge=0)]
    """Root of the mean square of what is told too high or too low, mean over seeds."""


@config.config
class Rated(Conditions):
    """A study and its figures."""

    seeds: tuple[int, ...]
    folds: int
    n_utterances: int
    """Distinct utterances tested."""
    n_speakers: int
    ratings: dict[str, Rating]
    """Of each dimension, in the order of ``labels``."""


def measure(study: Conditions, runs: Sequence[Told]) -> Rated:
    """Compute every figure of a study.

    Args:
        study: what is said beside the figures.
        runs: what was told of the test set, one of each fold and seed.

    Raises:
        CorpusError: if the seeds were not tested on the same utterances, once each.
    """
    seeds = tuple(sorted({run.seed for run in runs}))
    by_seed = [_of_seed(runs, seed) for seed in seeds]
    ids, speakers, truth, _ = by_seed[0]
    if len(set(ids)) < len(ids) or any(each[0] != ids for each in by_seed):
        raise CorpusError(
            f"{study.recipe}: not every seed was tested once on every utterance; run the recipe of "
            "the study again"
        )
    told = np.stack([values for *_, values in by_seed])  # (seeds, n, dimensions)
    return Rated(
        **vars(study),
        seeds=seeds,
        folds=len({run.fold for run in runs}),
        n_utterances=len(ids),
        n_speakers=len(set(speakers)),
        ratings={
            name: _rating(told[:, :, place], truth[:, place], np.array(speakers))
            for place, name in enumerate(study.labels)
        },
    )


Floats = npt.NDArray[np.float64]


def _of_seed(
    runs: Sequence[Told], seed: int
) -> tuple[tuple[str, ...], tuple[str, ...], Floats, Floats]:
    """Put the folds of a seed together, by id."""
    of_seed = [run for run in runs if run.seed == seed]
    ids = [name for run in of_seed for name in run.ids]
    speakers = [name for run in of_seed for name in run.speakers]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    truth, values = (
        np.concatenate(part)[order]
        for part in ([run.truth for run in of_seed], [run.values for run in of_seed])
    )
    return tuple(ids[n] for n in order), tuple(speakers[n] for n in order), truth, values


def _rating(told: Floats, truth: Floats, speakers: npt.NDArray[np.str_]) -> Rating:
    found = np.array([metrics.concordance(row, truth) for row in told])
    several = len(set(speakers.tolist())) > 1
    low, high = metrics.concordance_ci(told, truth, speakers) if several else (0.0, 0.0)
    return Rating(
        ccc=round(float(found.mean()), DIGITS),
        std=round(float(found.std(ddof=1)), DIGITS) if len(found) > 1 else None,
        ci95=(round(low, DIGITS), round(high, DIGITS)) if several else None,
        rmse=round(float(np.sqrt(np.square(told - truth).mean(1)).mean()), DIGITS),
    )
