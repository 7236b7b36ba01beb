import numpy as np
import pytest

from lightspeech.evaluation import untouched
from lightspeech.evaluation.conditions import Conditions
from lightspeech.training.predictions import Predictions

SAID = Conditions(
    corpus="urdu", protocol="bundle", unit="speaker", selection="as in training",
    normalisation="inside the model", leaky=False, model="toy", scheme="as exported", n_params=1,
    size_bytes=1, recipe="toy", labels=("a", "b"),
)  # fmt: skip


def test_answers_above_the_threshold_of_their_class_are_believed():
    sure_of_a = np.array([0.9, 0.8, 0.6, 0.4, 0.3, 0.2], np.float32)
    answers = Predictions(
        labels=("a", "b"), ids=tuple("123456"), speakers=("x", "x", "x", "y", "y", "y"),
        truth=np.array([0, 1, 0, 1, 0, 1]), fold=0, seed=0,
        probabilities=np.stack([sure_of_a, 1 - sure_of_a], 1),
    )  # fmt: skip
    figures = untouched.measure(SAID, answers, (0.7, 0.75))
    assert (figures.n_utterances, figures.n_speakers) == (6, 2)
    assert figures.uar == pytest.approx(4 / 6, abs=1e-6)
    assert figures.answered == 0.5  # 0.9 and 0.8 of a, 0.8 of b
    assert figures.right_of_answered == pytest.approx(2 / 3, abs=1e-6)
    nothing = untouched.measure(SAID, answers, (1.0, 1.0))
    assert (nothing.answered, nothing.right_of_answered) == (0.0, None)
