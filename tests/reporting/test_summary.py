from dataclasses import replace

import pytest

from lightspeech.evaluation import conditions, results
from lightspeech.evaluation.frontier import Point
from lightspeech.reporting import summary


@pytest.fixture
def made(make_study):
    done = results.measure(*conditions.read(make_study()))
    return replace(done, uar=results.Uar(mean=0.6312, std=0.005, ci95=None, worst_speaker=0.4))


def published(system, n_params, uar):
    return Point(
        system=system, corpus="toy", n_classes=3, uar=uar, n_params=n_params,
        size_bytes=4 * n_params, macs=None, protocol="by actor", source="a paper",
    )  # fmt: skip


def rows(text, table=0):
    blocks = [block for block in text.split("\n\n") if block.startswith("| ")]
    lines = [line[2:-2].split(" | ") for line in blocks[table].splitlines()]
    return lines[0], {line[0]: line[1:] for line in lines[2:]}


def test_a_model_has_a_row_a_scheme_and_a_column_a_corpus(made):
    found = [
        made,
        replace(made, scheme="distilled"),
        replace(made, corpus="vowels", protocol="other-folds"),
        replace(made, model="large", size_bytes=9_000_000),
    ]
    head, shown = rows(summary.markdown(found, []))
    assert head == [
        "**Other speakers of the corpus learnt from**", "parameters", "size", "toy, 3 classes",
        "vowels, 3 classes",
    ]  # fmt: skip
    assert list(shown) == ["large", "micro", "micro distilled"]
    assert shown["micro"] == ["49,512", "201 kB", *["63.1 ± 0.5"] * 2]
    assert shown["large"][2:] == ["63.1 ± 0.5", ""]


def test_corpora_that_were_left_out_have_a_table_of_their_own(made):
    text = summary.markdown([made, replace(made, corpus="cross3", unit="corpus")], [])
    assert rows(text)[0][3:] == ["toy, 3 classes"]
    head, shown = rows(text, 1)
    assert [head[0], *head[3:]] == ["**Corpora never heard**", "cross3, 3 classes"]
    assert shown["micro"][2:] == ["63.1 ± 0.5"]


def test_a_model_that_is_there_in_int8_is_told_in_int8(made):
    found = [
        made,
        replace(made, scheme="distilled"),
        replace(made, scheme="distilled-int8", size_bytes=60_000),
        replace(made, model="other"),
    ]
    assert set(rows(summary.markdown(found, []))[1]) == {"other", "micro distilled-int8"}


@pytest.mark.parametrize("change", [{"protocol": "other-folds"}, {"labels": ("angry", "sad")}])
def test_figures_of_another_cut_or_other_classes_have_a_column_of_their_own(made, change):
    head, _ = rows(summary.markdown([made, replace(made, model="other", **change)], []))
    assert len(head) == 5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"leaky": True}, "micro on toy, **leaky** cut, 63.1 ± 0.5"),
        ({"normalisation": "known speaker: own"}, "micro on toy, *known speaker*, 63.1 ± 0.5"),
    ],
)
def test_known_speakers_are_in_no_row_but_beside_the_figure_of_strangers(made, change, said):
    strangers = replace(made, uar=replace(made.uar, mean=0.5))
    text = summary.markdown([strangers, replace(made, **change)], [])
    _, shown = rows(text)
    assert shown["micro"][2:] == ["50.0 ± 0.5"]
    assert f"{said} against 50.0 ± 0.5 of strangers." in text


def test_only_published_systems_that_no_smaller_one_beats_are_shown_among_ours_by_size(made):
    others = [published("tiny", 20_000, 0.6), published("huge", 10**6, 0.7)]
    _, shown = rows(summary.markdown([made], [*others, published("worse", 10**7, 0.65)]))
    assert list(shown) == ["*huge*", "micro", "*tiny*"]
    assert shown["*tiny*"] == ["20,000", "80 kB", "*60.0*"]


def test_too_few_seeds_are_counted_in_the_cell(made):
    one = replace(made, seeds=(0,), uar=replace(made.uar, std=None))
    assert rows(summary.markdown([one], []))[1]["micro"][-1] == "63.1 (1 seed)"
