"""High or low activation: what is left of emotions where languages and rooms agree on no more.

Classes are added up that the circumplex of affect puts on one side (Russell 1980, A circumplex
model of affect): no other network, and nothing is learnt for it.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from lightspeech import metrics
from lightspeech.config import config
from lightspeech.evaluation.left_out import LeftOut

HIGH = frozenset({"angry", "fearful", "happy", "surprised"})
LOW = frozenset({"bored", "calm", "neutral", "sad"})
PATH = Path("benchmarks/activation.json")
"""Below the folder of all results."""


@config
class Activation:
    """Of one corpus that was left out; shares 0 to 1, means of seeds."""

    corpus: str
    uar_of_classes: float
    uar: float
    """Of high and low; a half by chance."""


Floats = npt.NDArray[np.floating]


def high(probabilities: Floats, labels: tuple[str, ...]) -> Floats:
    """Add up the probabilities of classes of high activation.

    Args:
        probabilities: shape ``(n, n_classes)``.
        labels: of the classes, each in `HIGH` or `LOW`.

    Returns:
        Shape ``(n,)``, 0 to 1.
    """
    told: Floats = probabilities[:, [label in HIGH for label in labels]].sum(1)
    return told


def measure(left: LeftOut) -> Activation:
    """Measure a corpus that a model never heard.

    Args:
        left: answers to it, of classes in `HIGH` or `LOW`.
    """
    of_classes, of_both = [], []
    for answers in left.answers:
        aroused = np.array([label in HIGH for label in answers.labels])
        given = high(answers.probabilities, answers.labels) > 0.5
        n = len(answers.labels)
        of_classes.append(metrics.uar(answers.truth, answers.probabilities.argmax(1), n))
        of_both.append(metrics.uar(aroused[answers.truth].astype(int), given.astype(int), 2))
    return Activation(
        corpus=left.corpus,
        uar_of_classes=round(float(np.mean(of_classes)), 6),
        uar=round(float(np.mean(of_both)), 6),
    )
