from dataclasses import replace

import numpy as np
import pytest

from lightspeech import metrics
from lightspeech.errors import CorpusError
from lightspeech.evaluation import compression, conditions, latency, results
from lightspeech.evaluation.compression import Chain, Step
from lightspeech.reporting import compression as reporting


@pytest.fixture
def plain(make_study):
    return conditions.read(make_study())


def spoilt(runs, share=0.5):
    """The same runs, where the first answers of each are other ones."""
    made = []
    for run in runs:
        n = round(share * len(run.ids))
        turned = np.roll(run.probabilities[:n], 1, axis=1)
        made.append(replace(run, probabilities=np.concatenate([turned, run.probabilities[n:]])))
    return made


def change(plain, made):
    about, runs = plain
    figures = [results.measure(about, some) for some in (runs, made)]
    return compression.change(*figures, runs, made)


def test_nothing_changes_where_answers_stay(plain):
    found = change(plain, plain[1])
    assert (found.uar, found.ci95, found.flipped) == (0, (0, 0), 0)
    assert set(found.per_speaker.values()) == set(found.per_class_recall.values()) == {0}


def test_flipped_answers_are_counted_and_who_paid_is_named(plain):
    found = change(plain, spoilt(plain[1]))
    assert found.flipped == pytest.approx(0.5)
    assert found.ci95[0] < found.uar < 0
    assert found.per_speaker["toy/0"] < -0.3  # the first of its fold, whose answers are turned
    assert found.per_speaker["toy/1"] == 0


def test_a_paired_interval_is_that_of_the_difference_of_the_same_draws():
    rng = np.random.default_rng(0)
    before, after = (rng.integers(1, 9, (2, 1, 5, 3, 3)) for _ in range(2))
    draws = np.random.default_rng(0).multinomial(5, np.full(5, 1 / 5), size=500)
    differences = [
        metrics.uar_of(np.einsum("s,efsij->efij", draw, after)).mean()
        - metrics.uar_of(np.einsum("s,efsij->efij", draw, before)).mean()
        for draw in draws
    ]
    found = metrics.paired_ci(before, after, replicates=500)
    np.testing.assert_allclose(found, np.quantile(differences, [0.025, 0.975]))


def test_a_pair_of_other_shapes_is_refused():
    with pytest.raises(ValueError, match="before and after differ in shape"):
        metrics.paired_ci(np.ones((1, 1, 2, 3, 3)), np.ones((1, 1, 3, 3, 3)))


def test_other_utterances_are_refused(plain):
    _, runs = plain
    other = [replace(run, ids=tuple(f"x{name}" for name in run.ids)) for run in runs]
    with pytest.raises(CorpusError, match="fold 0 of seed 0: not tested on the same utterances"):
        compression.same_answers(runs, other)


def test_agreement_is_with_the_mean_of_the_teachers_seeds(plain):
    _, runs = plain
    assert compression.teacher_agreement(runs[:2], runs[:2]) is not None
    assert compression.teacher_agreement([runs[0]], [runs[0]]) == 1
    turned = spoilt([runs[0]], 1.0)
    sure = replace(runs[0], probabilities=10 * runs[0].probabilities)
    assert compression.teacher_agreement([runs[0]], turned) == 0
    assert compression.teacher_agreement([runs[0]], [*turned, sure]) == 1
    assert compression.teacher_agreement(runs, []) is None


def test_the_table_has_a_row_a_step_and_says_who_paid(plain):
    about, runs = plain
    made = spoilt(runs)
    figures = [results.measure(about, some) for some in (runs, made)]
    common = {
        "teacher_agreement": None, "n_params": 1000, "size_bytes": 5000, "macs": 1_500_000,
        "peak_activation_bytes": 2048,
        "latency": latency.Latency(median_ms=0.5, p95_ms=0.75, rounds=9),
    }  # fmt: skip
    chain = Chain(
        recipe="toy_micro", corpus="toy", labels=about.labels, seeds=(0, 1, 2),
        machine={"cpu": "Abacus"},
        steps=(
            Step(name="plain", settings={}, uar=figures[0].uar, change=None, of_step=None,
                 **common),
            Step(name="1-prune", settings={"amount": 0.5}, uar=figures[1].uar,
                 change=compression.change(*figures, runs, made),
                 of_step=compression.change(*figures, runs, made), **common),
        ),
    )  # fmt: skip
    text = reporting.markdown(chain)
    plain_row, row = text.splitlines()[4:6]
    assert plain_row.startswith("| plain | ")
    assert "| 5 kB | 1,000 | 1.50 | 2.05 kB | 0.50 (0.75) | – | 50.0 |" in row
    assert "Abacus" in text
    assert "1-prune  " in reporting.text(chain)
    assert "|" not in reporting.text(chain)
    assert "- 1-prune (amount 0.5): recall angry -" in text
