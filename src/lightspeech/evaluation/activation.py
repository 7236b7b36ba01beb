"""How well activation transfers to corpora that were left out, beside the classes it is made of."""

from pathlib import Path

import numpy as np

from lightspeech import metrics
from lightspeech.config import config
from lightspeech.evaluation.left_out import LeftOut
from lightspeech.inference.activation import HIGH

PATH = Path("benchmarks/activation.json")
"""Below the folder of all results."""


@config
class Activation:
    """Of one corpus that was left out; shares 0 to 1, means of seeds."""

    corpus: str
    uar_of_classes: float
    uar: float
    """Of high and low; a half by chance."""


def measure(left: LeftOut) -> Activation:
    """Measure a corpus that a model never heard.

    Args:
        left: answers to it, of classes that `activation.of` knows.
    """
    of_classes, of_both = [], []
    for answers in left.answers:
        aroused = np.array([label in HIGH for label in answers.labels])
        given = answers.probabilities[:, aroused].sum(1) > 0.5
        n = len(answers.labels)
        of_classes.append(metrics.uar(answers.truth, answers.probabilities.argmax(1), n))
        of_both.append(metrics.uar(aroused[answers.truth].astype(int), given.astype(int), 2))
    return Activation(
        corpus=left.corpus,
        uar_of_classes=round(float(np.mean(of_classes)), 6),
        uar=round(float(np.mean(of_both)), 6),
    )
