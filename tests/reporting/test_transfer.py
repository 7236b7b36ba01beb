"""The matrix of a study that learns from one corpus at a time: terminal, report, picture."""

import pytest
from typer.testing import CliRunner

from lightspeech.cli import app
from lightspeech.evaluation import results
from lightspeech.files import read_json, write_json
from lightspeech.reporting import documents, pictures

MATRIX = {"toy": {"other": 0.61, "third": 0.52}, "other": {"toy": 0.25, "third": 0.38}}


@pytest.fixture
def study(make_study):
    """One of which two folds learnt from a corpus each."""
    return make_study(sources=("a", "b"))


def test_the_terminal_tells_what_was_learnt_from(study):
    said = CliRunner().invoke(app, ["evaluate", str(study)]).stdout
    head, a, b = said.split("by what was learnt from\n")[1].splitlines()[:3]
    assert head.split() == ["learnt", "from", "toy", "mean"]
    assert (a.split()[0], b.split()[0]) == ("a", "b")
    assert a.split()[1] == a.split()[2]  # one corpus is tested


@pytest.mark.parametrize("sources", [(), ("a", "b")])
def test_the_report_shows_it_where_there_is_one(make_study, tmp_path, sources):
    page = tmp_path / "page.html"
    folder = make_study(sources=sources)
    CliRunner().invoke(app, ["report", str(folder), "--output", str(page)])
    assert ("teaches about the others" in page.read_text()) == bool(sources)


def test_published_ones_are_a_table_and_a_picture(study, tmp_path):
    CliRunner().invoke(app, ["evaluate", str(study), "--output", str(tmp_path / "a.json")])
    made = {**read_json(tmp_path / "a.json"), "corpus": "one-of-2", "transfer": MATRIX}
    write_json(tmp_path / "one-of-2/micro.json", made)
    document = tmp_path / "page.md"
    document.write_text("<!-- transfer:begin -->\n<!-- transfer:end -->\n")
    rows = [line for line in documents.fill(document, tmp_path).splitlines() if "|" in line]
    assert rows[0].startswith("| learnt from (speaker) | other | third | toy | mean |")
    assert rows[2:] == ["| toy | 61.0 | 52.0 | – | 56.5 |", "| other | – | 38.0 | 25.0 | 31.5 |"]
    (picture,) = [one for one in pictures.of(tmp_path) if one.name.startswith("transfer")]
    assert "61.0" in picture.words
    assert picture.text().startswith("<")
    assert results.read(tmp_path / "one-of-2/micro.json").transfer == MATRIX
