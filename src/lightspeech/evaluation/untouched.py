"""A shipped model on a corpus that taught nobody and that nothing was ever chosen by."""

import math
from pathlib import Path

import numpy as np

from lightspeech.bounds import Share
from lightspeech.config import config
from lightspeech.evaluation import left_out, results
from lightspeech.evaluation.conditions import Conditions
from lightspeech.training.predictions import Predictions

PATH = Path("benchmarks/untouched.json")
"""Below the folder of all results."""


@config
class Untouched:
    """Figures of one model, shares 0 to 1."""

    n_utterances: int
    n_speakers: int
    uar: Share
    ci95: tuple[Share, Share] | None
    """Of ``uar``, by speaker; None of one speaker."""
    ece: Share
    """Expected calibration error."""
    uar_of_surest_half: Share
    answered: Share
    """Share above the thresholds of the bundle."""
    right_of_answered: Share | None
    """None where nothing is answered."""


def measure(
    conditions: Conditions, answers: Predictions, thresholds: tuple[float, ...]
) -> Untouched:
    """Measure a model, and how far its answers may be believed.

    Args:
        conditions: what must stand beside the figures.
        answers: to all recordings.
        thresholds: of the bundle, one for each of its labels.

    Returns:
        Figures rounded to six digits.
    """
    figures = results.measure(conditions, [answers])
    probabilities = answers.probabilities.astype(np.float64)
    sure = left_out.how_sure(probabilities, answers.truth, thresholds)
    right = sure.pop("right_of_answered")
    return Untouched(
        n_utterances=len(answers.ids),
        n_speakers=len(set(answers.speakers)),
        ci95=figures.uar.ci95,
        right_of_answered=None if math.isnan(right) else round(right, 6),
        **{name: round(share, 6) for name, share in sure.items()},
    )
