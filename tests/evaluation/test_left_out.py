"""Temperatures and figures of corpora left out, on answers whose right values are known."""

import numpy as np
import pytest

from lightspeech.errors import CorpusError
from lightspeech.evaluation import left_out
from lightspeech.training.predictions import Predictions


def answers(corpus, *, overconfident=1.0, seed=0, n=4_000, run_temperature=1.0, spread=1.5):
    """Answers that are right as often as they say, made too sure by a factor."""
    rng = np.random.default_rng([seed, len(corpus), ord(corpus[0])])
    logits = rng.normal(0, spread, (n, 4))
    p = left_out.softmax(logits)
    truth = (p.cumsum(1) > rng.random((n, 1))).argmax(1)
    told = left_out.softmax(logits * overconfident / run_temperature)
    return Predictions(
        labels=tuple("abcd"), ids=tuple(f"{corpus}/{i}" for i in range(n)), seed=seed,
        speakers=(f"{corpus}/x",) * n, truth=truth, probabilities=told.astype(np.float32),
    )  # fmt: skip


def sorted_of(runs, temperatures=None):
    return left_out.by_corpus(runs, temperatures or [1.0] * len(runs))


def test_the_temperature_takes_back_what_made_answers_too_sure():
    corpora = sorted_of([answers("one", overconfident=3.0), answers("two", overconfident=3.0)])
    assert left_out.temperature(corpora) == pytest.approx(3.0, rel=0.06)


def test_the_temperature_of_a_run_is_no_part_of_what_is_fitted():
    runs = [answers(c, overconfident=2.0, run_temperature=t) for c, t in (("one", 0.5), ("two", 4))]
    assert left_out.temperature(sorted_of(runs, [0.5, 4.0])) == pytest.approx(2.0, rel=0.06)


def test_a_corpus_is_measured_with_what_the_others_gave():
    runs = [answers("one", overconfident=3.0), answers("two", overconfident=3.0), answers("six")]
    found = {each.corpus: each for each in left_out.measure(sorted_of(runs))}
    assert found["six"].ece > 0.1 > 0.03 > found["six"].ece_before
    two = [answers("one", overconfident=3.0), answers("two", overconfident=3.0)]
    for figures in left_out.measure(sorted_of(two)):
        assert figures.ece < 0.03 < 0.15 < figures.ece_before


def test_above_their_thresholds_so_many_are_right():
    [first, second] = sorted_of([answers("one"), answers("two")])
    limits = np.array(left_out.thresholds_of([first], 1.0))
    p = second.answers[0].probabilities
    sure = p.max(1) >= limits[p.argmax(1)]
    assert (p.argmax(1) == second.answers[0].truth)[sure].mean() == pytest.approx(0.75, abs=0.03)
    [figures, _] = left_out.measure([second, first])
    assert figures.right_of_answered == pytest.approx(0.75, abs=0.03)
    assert figures.answered == pytest.approx(sure.mean(), abs=0.05)
    assert figures.uar_of_surest_half > figures.uar + 0.05


def test_where_nothing_is_answered_nothing_is_right_or_wrong():
    """Only a corpus whose answers are all alike is told by thresholds of answers surer than it."""
    corpora = sorted_of([answers("one"), answers("two"), answers("six", spread=0.01)])
    found = {each.corpus: each for each in left_out.measure(corpora)}
    assert (found["six"].answered, found["six"].right_of_answered) == (0.0, None)


def test_seeds_of_a_corpus_belong_together():
    runs = [answers("one"), answers("one", seed=1), answers("two"), answers("two", seed=1)]
    assert [len(each.answers) for each in sorted_of(runs)] == [2, 2]


def test_a_study_that_leaves_no_corpus_out_is_refused():
    with pytest.raises(CorpusError, match="at least 2"):
        sorted_of([answers("one")])


def test_a_fold_may_test_several_corpora():
    mixed = answers("one")
    half = len(mixed.ids) // 2
    ids = tuple(f"{'one' if row < half else 'two'}/{row}" for row in range(len(mixed.ids)))
    one, two = sorted_of([Predictions(**{**vars(mixed), "ids": ids})])
    assert (one.corpus, two.corpus) == ("one", "two")
    assert one.answers[0].ids + two.answers[0].ids == ids
    np.testing.assert_array_equal(two.answers[0].truth, mixed.truth[half:])
