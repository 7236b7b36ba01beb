"""A threshold for each emotion, on answers whose right values are known; curves by scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from lightspeech.evaluation import thresholds


def answers(*, n=20_000, seed=0, spread=1.5, blind=()):
    """Answers that are right as often as they say, but for emotions that mean nothing."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, spread, (n, 4))
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    truth = (p.cumsum(1) > rng.random((n, 1))).argmax(1)
    for emotion in blind:
        said = p.argmax(1) == emotion
        truth[said] = rng.integers(0, 4, said.sum())
    return p, truth


def right_of(p, truth, limits):
    sure = p.max(1) >= np.array(limits)[p.argmax(1)]
    return (p.argmax(1) == truth)[sure].mean(), sure.mean()


def test_above_them_so_many_are_right_of_answers_that_were_not_seen():
    limits = thresholds.fit([answers(), answers(seed=1)])
    right, _ = right_of(*answers(seed=2), limits)
    assert right == pytest.approx(thresholds.FITTED, abs=0.02)
    assert np.ptp(limits) < 0.05  # all emotions mean the same


def test_an_emotion_that_means_nothing_is_not_believed_and_the_others_are_sooner():
    corpora = [answers(blind=[2]), answers(seed=1, blind=[2])]
    limits = thresholds.fit(corpora)
    assert limits[2] > 0.99 > 0.7 > max(limits[n] for n in (0, 1, 3))
    right, answered = right_of(*answers(seed=2, blind=[2]), limits)
    assert right == pytest.approx(thresholds.FITTED, abs=0.02)
    alike = [
        row
        for row in np.linspace(0, 0.9, 91)
        if right_of(*corpora[0], [row] * 4)[0] >= thresholds.FITTED
    ]
    assert answered > 2 * right_of(*corpora[0], [alike[0]] * 4)[1]  # than with one for all


@given(st.floats(-2, 2), st.floats(0.1, 3), st.integers(0, 9))
def test_curves_are_those_of_scikit_learn(a, b, seed):
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 1.5, 2_000)
    right = rng.random(2_000) < 1 / (1 + np.exp(-a - b * odds))
    weights = rng.choice([0.5, 2.0], 2_000)
    # Its targets are classes: each answer counts as both, by Platt's shares.
    target = np.where(right, (right.sum() + 1) / (right.sum() + 2), 1 / ((~right).sum() + 2))
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000)
    both = np.concatenate([weights * target, weights * (1 - target)])
    twice = np.concatenate([np.ones(2_000), np.zeros(2_000)])
    model.fit(np.concatenate([odds, odds])[:, None], twice, sample_weight=both)
    found = thresholds.curve(odds, right, weights)
    assert found == pytest.approx((model.intercept_[0], model.coef_[0, 0]), abs=1e-4)


@pytest.mark.parametrize("said", [0, 1])
def test_with_emotions_never_said_or_always_right_there_are_thresholds(said):
    p = np.tile([0.7, 0.3] if said == 0 else [0.2, 0.8], (5, 1))
    limits = thresholds.fit([(p, np.full(5, said)), (p, np.full(5, said))])
    assert all(0 <= limit <= 1 for limit in limits)
    assert limits[said] <= p.max() + 1e-3
    assert limits[1 - said] == 1.0


def test_an_emotion_that_is_right_whether_surely_told_or_not_is_always_believed():
    """Of few answers, all right but for the surest: a falling curve would believe none of them."""
    sure = np.linspace(0.6, 0.95, 30)
    p = np.concatenate([np.stack([sure, 1 - sure], 1), np.stack([1 - sure, sure], 1)])
    truth = np.concatenate([np.zeros(29), [1], np.arange(30) < 15]).astype(np.int64)
    limits = thresholds.fit([(p, truth)])
    assert limits == (0.0, 1.0)  # of the second half are right, the less sure ones


def test_what_cannot_be_reached_is_come_as_near_to_as_can_be():
    hopeless = [answers(spread=0.1), answers(seed=1, spread=0.1)]
    limits = thresholds.fit(hopeless)
    assert 0 < right_of(*hopeless[0], limits)[1] < 0.2
