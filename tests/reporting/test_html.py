import builtins
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from lightspeech.cli import app
from lightspeech.errors import CorpusError, MissingExtra
from lightspeech.evaluation import compression, conditions, results
from lightspeech.evaluation.compression import Chain, Change, Step
from lightspeech.evaluation.latency import Latency
from lightspeech.files import write_json, write_text
from lightspeech.reporting.html import write_report

EXAMPLE = {
    "id": "toy/0-1", "frames": [[0.0, 1.0, 2.0]] * 5, "hop_s": 0.02, "truth": "happy",
    "probabilities": {"angry": 0.1, "happy": 0.7, "sad": 0.2},
}  # fmt: skip


def report(folder):
    return write_report(folder, folder / "report.html").read_text()


def figures(page):
    return ["<svg" + rest.partition("</svg>")[0] + "</svg>" for rest in page.split("<svg")[1:]]


def test_report_holds_the_headline_the_protocol_and_every_speaker(make_study):
    page = report(make_study())
    printed = CliRunner().invoke(app, ["evaluate", str(make_study())]).stdout
    headline = printed.split("UAR")[1].split()[0]
    assert f'<div class="number">{headline}<small>' in page
    for said in ("pair-folds", "two other speakers", "training speakers", "toy_micro", "0, 1, 2"):
        assert said in page
    assert all(f"toy/{speaker}" in page for speaker in range(4))
    assert "Limits and ethics" in page


def test_report_needs_no_second_file_and_no_network(make_study):
    page = report(make_study())
    assert "<script" not in page
    assert "src=" not in page
    assert "<link" not in page


def test_every_figure_is_well_formed_and_says_what_it_shows(make_study):
    folder = make_study()
    write_json(folder / "example.json", EXAMPLE)
    made = figures(report(folder))
    assert len(made) == 7
    assert all(ET.fromstring(figure).get("aria-label") for figure in made)
    assert all("currentColor" in figure for figure in made)


def test_an_example_that_is_explained_has_its_sentences_and_its_map(make_study):
    folder = make_study()
    told = {"sentences": ["It heard a voice."], "map": [[0.1, -0.2], [0.0, 0.3]]}
    write_json(folder / "example.json", EXAMPLE | told)
    page = report(folder)
    assert len(figures(page)) == 8
    assert "<p>It heard a voice.</p>" in page


def test_example_and_curves_are_left_out_where_there_are_none(make_study):
    folder = make_study()
    for history in folder.glob("*/history.jsonl"):
        history.unlink()
    page = report(folder)
    assert len(figures(page)) == 4
    assert "How it learnt" not in page
    assert "What it hears" not in page


@pytest.mark.parametrize("leaky", [True, False])
def test_leaky_study_says_so_in_title_banner_headline_and_table(make_study, leaky):
    page = report(make_study(leaky=leaky))
    said = ("(leaky): ", "Leaky: training knew", "recall, leaky", "pair-folds (leaky)")
    assert [text in page for text in said] == [leaky] * 4


def write_chain(folder):
    """A table of two rows, as `compress` leaves it."""
    made = results.measure(*conditions.read(folder))
    took = Latency(median_ms=2.4, p95_ms=2.6, rounds=100, cpu_ms=2.4)
    row = Step(
        name="plain", settings={}, uar=made.uar, change=None, of_step=None, teacher_agreement=None,
        n_params=49_512, size_bytes=201_432, macs=1_650_000, peak_activation_bytes=30_000,
        latency=took,
    )  # fmt: skip
    lost = Change(
        uar=-0.0123, ci95=(-0.03, 0.01), per_class_recall=dict.fromkeys(made.labels, -0.0456),
        per_speaker=dict.fromkeys(made.per_speaker, 0.0789), flipped=0.271,
    )  # fmt: skip
    step = replace(row, name="1-quantize", change=lost, of_step=lost, teacher_agreement=0.618)
    compression.write(
        Chain(
            recipe="toy_micro", corpus="toy", labels=made.labels, seeds=made.seeds,
            steps=(row, step), machine={"cpu": "abacus"},
        ),
        folder / compression.FILE,
    )  # fmt: skip


@pytest.mark.parametrize("of_step", [False, True])
def test_what_a_chain_cost_is_told_in_the_report_of_study_and_step(make_study, of_step):
    folder = make_study()
    assert "compression cost" not in report(folder)
    write_chain(folder)
    if of_step:
        shutil.copytree(folder, folder / "1-quantize", ignore=lambda *_: [compression.FILE])
        folder /= "1-quantize"
    page = report(folder)
    for told in ("-1.2", "[-3.0, +1.0]", "61.8", "27.1", "1.65", "2.40<small>2.60"):
        assert told in page
    assert page.count('<td class="lost">-4.6</td>') == 3
    assert page.count("<td>+7.9</td>") == 4
    assert "UAR of each step against the size" in page


def test_names_from_outside_stay_text(make_study):
    page = report(make_study(model="<b>$x$<b>"))
    assert "<b>$x$" not in page
    assert "&lt;b&gt;$x$" in page


def test_same_study_gives_the_same_page(make_study):
    assert report(make_study()) == report(make_study())


def test_damaged_history_is_named(make_study):
    folder = make_study()
    write_text(folder / "fold0-seed0/history.jsonl", '{"epoch": 1\n')
    with pytest.raises(CorpusError, match=r"history\.jsonl: not one JSON object a line"):
        report(folder)


@pytest.mark.parametrize("missing", ["jinja2", "matplotlib"])
def test_without_the_extra_it_says_what_to_install(make_study, monkeypatch, missing):
    real = builtins.__import__

    def blocked(name, *args, **kwargs):
        if name.partition(".")[0] == missing:
            raise ImportError(name)
        return real(name, *args, **kwargs)

    folder = make_study()
    monkeypatch.setattr(builtins, "__import__", blocked)
    with pytest.raises(MissingExtra, match=r"pip install .*\[report\]"):
        report(folder)


def test_command_writes_the_page_and_prints_its_path(make_study, tmp_path):
    to = tmp_path / "page.html"
    answer = CliRunner().invoke(app, ["report", str(make_study()), "--output", str(to)])
    assert answer.stdout.strip() == str(to)
    assert to.read_text().startswith("<!doctype html>")
