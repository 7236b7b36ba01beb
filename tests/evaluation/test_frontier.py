import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from lightspeech.cli import app
from lightspeech.evaluation import conditions, frontier, results
from lightspeech.evaluation.frontier import best


@pytest.fixture
def made(make_study):
    return results.measure(*conditions.read(make_study()))


def test_published_systems_are_plausible_and_name_nobody_twice():
    found = frontier.published()
    assert len({(point.corpus, point.n_classes, point.system) for point in found}) == len(found)
    for point in found:
        assert 1 / point.n_classes < point.uar < 1
        assert 4 * 20_000 < point.size_bytes < 4 * 10**9
        assert not point.ours


def test_leaky_figures_and_known_speakers_are_left_out(made):
    known = replace(made, normalisation="known speaker: statistics of their own")
    assert frontier.measured([replace(made, leaky=True), known]) == []
    [point] = frontier.measured([replace(made, scheme="int8", macs=7)])
    assert (point.system, point.uar, point.macs) == ("micro int8", made.uar.mean, 7)


@pytest.mark.parametrize(
    ("costs", "uars", "kept"),
    [
        ([1, 2, 3], [0.5, 0.6, 0.7], [0, 1, 2]),
        ([3, 2, 1], [0.5, 0.6, 0.7], [2]),
        ([2, 2, 1], [0.5, 0.6, 0.4], [2, 1]),
        ([1, 2], [0.5, 0.5], [0]),
        ([], [], []),
    ],
)
def test_best_are_those_that_no_cheaper_one_beats(costs, uars, kept):
    assert best(costs, uars) == kept


@pytest.mark.parametrize("macs", [None, 1_000_000])
def test_command_draws_a_figure_a_corpus_and_a_known_cost(made, tmp_path, macs):
    results.write(replace(made, macs=macs), tmp_path / "results/toy/micro.json")
    options = ["--results", str(tmp_path / "results"), "--output", str(tmp_path / "out")]
    ended = CliRunner().invoke(app, ["frontier", *options])
    assert ended.exception is None
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == [
        "emodb-7-size_bytes.svg", "iemocap-4-size_bytes.svg", "ravdess-8-size_bytes.svg",
        "savee-7-size_bytes.svg",
        *(["toy-3-macs.svg"] if macs else []), "toy-3-size_bytes.svg",
    ]  # fmt: skip
    for figure in (tmp_path / "out").glob("toy-3-*.svg"):
        drawn = figure.read_text()
        assert ">micro<" in drawn
        assert "prefers-color-scheme: dark" in drawn
        assert ET.fromstring(drawn).find("{*}desc").text.startswith("micro: ")
    assert "ResLSTM-SA-h64" in (tmp_path / "out/ravdess-8-size_bytes.svg").read_text()
