import json

import numpy as np
import pytest

from lightspeech import config
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.evaluation import results
from lightspeech.evaluation.conditions import Conditions
from lightspeech.training.predictions import Predictions

LABELS = ("angry", "sad")
STUDY = Conditions(
    corpus="toy", protocol="loso", unit="speaker", selection="one other speaker",
    normalisation="train", leaky=False, model="micro", scheme="fp32", n_params=10,
    size_bytes=40, recipe="toy_micro", labels=LABELS, environment={"python": "3.11"},
)  # fmt: skip


def run(truth, answers, *, fold=0, seed=0, speakers=None, labels=LABELS):
    """Predictions with confidence 0.8 for each answer."""
    rest = 0.2 / (len(labels) - 1)
    probabilities = np.where(np.eye(len(labels))[answers] > 0, 0.8, rest)
    names = tuple(speakers or [f"toy/{fold}"] * len(truth))
    return Predictions(
        labels=labels, ids=tuple(f"toy/{fold}-{i}" for i in range(len(truth))), speakers=names,
        truth=np.array(truth), probabilities=probabilities.astype(np.float32), fold=fold, seed=seed,
    )  # fmt: skip


GOLDEN = [
    run([0, 0, 1, 1], [0, 0, 1, 1], fold=0, seed=0),  # recalls 1, 1
    run([0, 0, 1, 1], [0, 1, 1, 1], fold=1, seed=0),  # recalls 0.5, 1
    run([0, 0, 1, 1], [0, 0, 1, 0], fold=0, seed=1),  # recalls 1, 0.5
    run([0, 0, 1, 1], [1, 1, 1, 1], fold=1, seed=1),  # recalls 0, 1
]


def test_results_of_a_hand_computed_study():
    made = results.measure(STUDY, GOLDEN)
    # Seeds: (1 + 0.75) / 2 and (0.75 + 0.5) / 2.
    assert made.uar.mean == 0.75
    assert made.uar.std == pytest.approx(np.std([0.875, 0.625], ddof=1), abs=1e-6)
    assert made.uar.worst_speaker == 0.625
    assert made.worst_speaker == "toy/1"
    assert made.per_speaker == {"toy/0": 0.875, "toy/1": 0.625}
    assert made.per_class_recall == {"angry": 0.625, "sad": 0.875}
    assert made.confusion == ((5, 3), (1, 7))
    assert made.wa == 0.75
    assert made.f1 == pytest.approx((1 + 2 * (2 / 3 + 4 / 5) / 2 + 1 / 3) / 4, abs=1e-6)
    assert (made.seeds, made.folds, made.n_utterances) == ((0, 1), 2, 8)
    # 7 and 5 of 8 are right at confidence 0.8.
    assert made.ece == pytest.approx((0.075 + 0.175) / 2, abs=1e-6)
    # Two speakers, one a fold: half of the resamples draw one of them twice.
    assert made.uar.ci95 == (0.625, 0.875)


def test_what_each_corpus_teaches_about_the_others_is_kept_by_fold():
    study = config.build(
        Conditions, {**config.as_dict(STUDY), "sources": ("a", "b")}, source="here"
    )
    right, half, wrong = [0, 0, 1, 1], [0, 1, 1, 1], [1, 1, 0, 0]
    runs = [
        run([0, 0, 1, 1] * 2, right + half, fold=0, speakers=["b/1"] * 4 + ["c/1"] * 4),
        run([0, 0, 1, 1] * 2, wrong + half, fold=1, speakers=["a/1"] * 4 + ["c/1"] * 4),
    ]
    made = results.measure(study, runs)
    assert made.transfer == {"a": {"b": 1.0, "c": 0.75}, "b": {"a": 0.0, "c": 0.75}}
    assert made.per_corpus == {"a": 0.0, "b": 1.0, "c": 0.75}
    assert results.measure(STUDY, runs).transfer == {}


def test_one_seed_has_no_deviation_and_one_speaker_no_interval():
    made = results.measure(STUDY, [run([0, 1], [0, 1])])
    assert made.uar.std is None
    assert made.uar.ci95 is None


def test_class_that_is_never_tested_has_no_recall():
    made = results.measure(STUDY, [run([0, 0], [0, 1])])
    assert made.per_class_recall == {"angry": 0.5, "sad": None}


def test_speaker_in_several_folds_is_counted_once_in_per_speaker():
    runs = [run([0, 1], [0, 0], fold=f, speakers=["toy/a", "toy/b"]) for f in (0, 1)]
    assert results.measure(STUDY, runs).per_speaker == {"toy/a": 1, "toy/b": 0}


def test_results_come_back_as_written(tmp_path):
    made = results.measure(STUDY, GOLDEN)
    path = results.results_path(tmp_path, "toy", "micro")
    results.write(made, path)
    assert results.read(path) == made


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (GOLDEN[:3], "fold 1 of seed 1: found 0 predictions, expected 1"),
        ([*GOLDEN, GOLDEN[0]], "fold 0 of seed 0: found 2"),
        ([run([0], [0], labels=("angry", "calm"))], r"answers with \['angry', 'calm'\]"),
    ],
)
def test_incomplete_or_mixed_study_is_refused(runs, message):
    with pytest.raises(CorpusError, match=message):
        results.measure(STUDY, runs)


@pytest.mark.parametrize(
    ("scheme", "suffix", "name"),
    [
        ("fp32", "", "micro.json"),
        ("int8", "", "micro-int8.json"),
        ("fp32", "random-leaky", "micro.random-leaky.json"),
    ],
)
def test_file_name_leaves_out_what_is_usual(tmp_path, scheme, suffix, name):
    found = results.results_path(tmp_path, "toy", "micro", scheme, suffix)
    assert found == tmp_path / "toy" / name


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [("wa", 61.5, "wa: .*less than or equal to 1"), ("uaar", 0.5, "uaar: ")],
)
def test_results_with_a_percent_or_an_unknown_field_are_refused(tmp_path, key, value, message):
    values = config.as_dict(results.measure(STUDY, GOLDEN)) | {key: value}
    path = tmp_path / "micro.json"
    path.write_text(json.dumps(values))
    with pytest.raises(ConfigError, match=message):
        results.read(path)
