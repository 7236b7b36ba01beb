from dataclasses import replace

import pytest

from lightspeech.evaluation import conditions, results
from lightspeech.reporting import tables


@pytest.fixture
def made(make_study):
    return results.measure(*conditions.read(make_study()))


def row(text, name):
    return next(line for line in text.splitlines() if line.startswith(f"| {name}"))


def test_row_holds_the_figures_of_the_file(made):
    uar = results.Uar(mean=0.6312, std=0.005, ci95=(0.58, 0.68), worst_speaker=0.41)
    text = tables.markdown([replace(made, uar=uar, wa=0.64)])
    assert row(text, "micro") == (
        "| micro | 49,512 | 201 kB | 63.1 ± 0.5 [58.0, 68.0] | 41.0 | 64.0 | 3 | pair-folds |"
    )


def test_leaky_row_says_so_twice_and_comes_last(made):
    best = replace(made, leaky=True, model="leak", uar=replace(made.uar, mean=1.0))
    text = tables.markdown([best, made])
    assert row(text, "leak").count("**leaky**") == 2
    assert "leaky" not in row(text, "micro")
    assert text.index("| micro") < text.index("| leak")


@pytest.mark.parametrize(
    ("corpus", "n", "said"),
    [("toy", 1, "*1 seed*"), ("toy", 3, "3"), ("ravdess", 3, "*3 seeds*"), ("ravdess", 5, "5")],
)
def test_too_few_seeds_are_labelled(made, corpus, n, said):
    text = tables.markdown([replace(made, corpus=corpus, seeds=tuple(range(n)))])
    assert f"| {said} | pair-folds" in row(text, "micro")


def test_sentences_that_a_reader_of_text_knows_from_training_are_told(made):
    text = tables.markdown([made, replace(made, model="bert", text_seen=0.985)])
    assert row(text, "bert").endswith("| pair-folds **text leak 98.5 %** |")
    assert "text leak" not in row(text, "micro")
    assert "share of the tested sentences that a model which reads them knows" in text
    assert "text leak" not in tables.markdown([made, replace(made, model="bert", text_seen=0.0)])


def test_number_format_is_part_of_the_name_unless_fp32(made):
    text = tables.markdown([made, replace(made, scheme="int8")])
    assert row(text, "micro int8")
    assert row(text, "micro |")


def test_different_class_sets_are_never_in_one_table(made):
    other = replace(made, labels=("angry", "sad"))
    text = tables.markdown([made, other])
    assert text.count("**toy**") == 2
    assert "**toy**, 2 classes" in text


def test_corpora_left_out_stand_apart_with_the_mean_of_those_that_all_models_know(made):
    told = {"emodb": 0.7, "nemo": 0.4, "ravdess": 0.55, "savee": 0.15}
    text = tables.markdown([replace(made, per_corpus=told), replace(made, model="other")])
    head = (
        "| **toy**, UAR % | emodb | nemo | ravdess | savee | mean | mean of emodb, nemo, ravdess |"
    )
    assert head in text
    assert "| micro | 70.0 | 40.0 | 55.0 | 15.0 | 45.0 | 55.0 |" in text
    assert len([line for line in text.splitlines() if line.startswith("| other")]) == 1
