import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as oracle

from lightspeech import metrics

N_CLASSES = 4
PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)


def split(pairs):
    truth, answers = np.array(pairs, np.int64).T
    return truth, answers


@given(PAIRS)
def test_uar_is_the_mean_of_scikit_learns_recalls_over_classes_in_the_truth(pairs):
    truth, answers = split(pairs)
    expected = oracle.recall_score(
        truth, answers, average="macro", labels=np.unique(truth), zero_division=0
    )
    assert metrics.uar(truth, answers, N_CLASSES) == pytest.approx(expected)


@given(PAIRS)
def test_wa_and_macro_f1_are_scikit_learns(pairs):
    truth, answers = split(pairs)
    f1 = oracle.f1_score(truth, answers, average="macro", zero_division=0)
    assert metrics.wa(truth, answers, N_CLASSES) == pytest.approx(
        oracle.accuracy_score(truth, answers)
    )
    assert metrics.macro_f1(truth, answers, N_CLASSES) == pytest.approx(f1)


@given(PAIRS)
def test_confusion_is_scikit_learns(pairs):
    truth, answers = split(pairs)
    expected = oracle.confusion_matrix(truth, answers, labels=range(N_CLASSES))
    assert (metrics.confusion(truth, answers, N_CLASSES) == expected).all()


def test_a_class_that_is_not_there_has_no_recall_and_no_part_in_uar():
    truth, answers = np.array([0, 0, 1]), np.array([0, 2, 1])
    assert metrics.recalls(truth, answers, 3) == pytest.approx([0.5, 1, np.nan], nan_ok=True)
    assert metrics.uar(truth, answers, 3) == 0.75


@pytest.mark.parametrize(
    ("truth", "answers", "message"),
    [([0, 1], [0], r"differ in shape: \(2,\) != \(1,\)"), ([0], [2], r"n_classes \(=2\)")],
)
def test_confusion_refuses_what_cannot_be_counted(truth, answers, message):
    with pytest.raises(ValueError, match=message):
        metrics.confusion(np.array(truth), np.array(answers), 2)


def test_calibration_error_of_a_hand_computed_case():
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    truth = np.array([0, 1, 0, 0])
    # Confidence 0.9 is right half the time, 0.6 always: (0.4 + 0.4) / 2.
    assert metrics.expected_calibration_error(probabilities, truth) == pytest.approx(0.4)


@given(st.integers(0, 2**32 - 1))
def test_calibration_error_is_the_plain_sum_over_intervals(seed):
    rng = np.random.default_rng(seed)
    probabilities, truth = rng.dirichlet(np.ones(4), 80), rng.integers(0, 4, 80)
    top, right = probabilities.max(1), probabilities.argmax(1) == truth
    edges = np.linspace(0, 1, 16)
    parts = [(top > low) & (top <= high) for low, high in zip(edges, edges[1:], strict=False)]
    expected = sum(abs(right[p].mean() - top[p].mean()) * p.mean() for p in parts if p.any())
    assert metrics.expected_calibration_error(probabilities, truth) == pytest.approx(expected)


def test_calibration_refuses_an_empty_test_set():
    with pytest.raises(ValueError, match="found none"):
        metrics.reliability(np.zeros((0, 3)), np.zeros(0, np.int64))


def speakers_who_recall(*shares, n=20, folds):
    """Counts of one seed: speaker ``i`` is tested in ``folds[i]``, with ``shares[i]`` right."""
    counts = np.zeros((1, max(folds) + 1, len(shares), 2, 2), np.int64)
    for speaker, (share, fold) in enumerate(zip(shares, folds, strict=True)):
        right = round(share * n)
        counts[0, fold, speaker] = [[right, n - right], [n - right, right]]
    return counts


def test_interval_is_a_point_where_speakers_are_alike():
    counts = speakers_who_recall(0.7, 0.7, 0.7, 0.7, folds=[0, 0, 1, 1])
    assert metrics.bootstrap_ci(counts) == pytest.approx((0.7, 0.7))


def test_folds_count_alike_in_an_interval_however_many_speakers_they_have():
    """Corpora, say: their mean is 0.7, though most speakers are those of the first."""
    shares = [*np.linspace(0.45, 0.55, 20), 0.85, 0.95]
    low, high = metrics.bootstrap_ci(speakers_who_recall(*shares, folds=[0] * 20 + [1] * 2))
    assert low < 0.7 < high
    low, high = metrics.bootstrap_ci(
        speakers_who_recall(*shares, folds=[0] * 20 + [1] * 2), level=0.5
    )
    assert low > 0.6


def test_interval_of_one_speaker_a_fold_is_that_of_the_mean_over_drawn_speakers():
    shares = np.array([0.5, 0.6, 0.7, 0.9, 1.0])
    counts = speakers_who_recall(*shares, folds=range(5))
    draws = np.random.default_rng(0).multinomial(5, np.full(5, 0.2), size=2_000)
    expected = np.quantile(draws @ shares / 5, [0.025, 0.975])
    assert metrics.bootstrap_ci(counts) == pytest.approx(expected)


def test_interval_holds_the_uar_and_widens_with_coverage():
    counts = speakers_who_recall(0.4, 0.5, 0.6, 0.8, 0.9, 0.95, folds=[0, 0, 1, 1, 2, 2])
    uar = metrics.uar_of(counts.sum(2)).mean()
    low, high = metrics.bootstrap_ci(counts)
    narrow = metrics.bootstrap_ci(counts, level=0.5)
    assert low < narrow[0] < uar < narrow[1] < high


def test_concordance_is_lins_and_its_interval_is_by_speaker():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=60)
    told = np.stack([0.8 * truth + rng.normal(size=60) * 0.4 + 0.3, truth + rng.normal(size=60)])
    x, y = told[0], truth
    lins = 2 * np.cov(x, y, ddof=0)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    assert metrics.concordance(x, y) == pytest.approx(lins)
    assert metrics.concordance(y, y) == pytest.approx(1.0)
    assert metrics.concordance(np.ones(3), np.ones(3)) == 0.0
    speakers = np.repeat([f"s{n}" for n in range(6)], 10)
    low, high = metrics.concordance_ci(told, truth, speakers)
    mean = np.mean([metrics.concordance(row, truth) for row in told])
    assert low < mean < high
    alike = metrics.concordance_ci(told, truth, np.arange(60))
    assert alike == metrics.concordance_ci(told, truth, np.arange(60))
    assert metrics.concordance_ci(told, truth, np.zeros(60)) == pytest.approx((mean, mean))
