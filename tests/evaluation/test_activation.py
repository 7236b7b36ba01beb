"""High and low activation of corpora left out: its UAR beside that of the classes."""

import numpy as np
import pytest

from lightspeech.evaluation import activation
from lightspeech.evaluation.left_out import LeftOut
from lightspeech.training.predictions import Predictions

LABELS = ("angry", "happy", "neutral", "sad")


def left(truth, given):
    """Answers that are sure of a class, with a little of the other of its side."""
    probabilities = np.full((len(truth), 4), 0.05, np.float32)
    beside = {0: 1, 1: 0, 2: 3, 3: 2}
    for row, label in zip(probabilities, given, strict=True):
        row[label], row[beside[label]] = 0.6, 0.3
    ids = tuple(f"one/{n}" for n in range(len(truth)))
    answers = Predictions(
        fold=0, seed=0, labels=LABELS, ids=ids, speakers=tuple("one/s" for _ in ids),
        truth=np.array(truth), probabilities=probabilities,
    )  # fmt: skip
    return LeftOut("one", (answers,), (1.0,))


def test_one_class_for_the_other_of_its_side_is_right_of_activation_alone():
    measured = activation.measure(left(truth=[0, 1, 2, 3], given=[1, 0, 3, 2]))
    assert (measured.uar_of_classes, measured.uar) == (0, 1)


def test_both_sides_count_alike_however_many_there_are():
    measured = activation.measure(left(truth=[0, 0, 0, 2], given=[0, 0, 0, 1]))
    assert measured.uar == pytest.approx(0.5)
