import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lightspeech.cli import app
from lightspeech.errors import CorpusError
from lightspeech.evaluation import agreement, conditions, results
from lightspeech.files import write_json

DOCUMENT = "# Title\n<!-- results:begin -->\nstale rows\n<!-- results:end -->\nafter\n"


@pytest.fixture
def place(tmp_path, make_study):
    made = results.measure(*conditions.read(make_study()))
    results.write(made, results.results_path(tmp_path / "results", "toy", "micro"))
    (tmp_path / "README.md").write_text(DOCUMENT)
    return tmp_path


def tables(place, *options):
    where = {"results": "results", "into": "README.md", "output": "pictures"}
    arguments = [text for k, v in where.items() for text in (f"--{k}", str(place / v))]
    return CliRunner().invoke(app, ["tables", *arguments, *options])


def test_tables_are_written_between_the_markers_and_then_up_to_date(place):
    assert tables(place).exit_code == 0
    text = (place / "README.md").read_text()
    assert text.startswith("# Title\n<!-- results:begin -->\n\n| **toy**, 3 classes, 4 speakers")
    assert text.endswith("<!-- results:end -->\nafter\n")
    assert "stale rows" not in text
    assert tables(place, "--check").exit_code == 0


def test_check_fails_on_stale_tables_and_writes_nothing(place):
    answer = tables(place, "--check")
    assert answer.exit_code == 1
    assert "type: lightspeech tables" in answer.stderr
    assert (place / "README.md").read_text() == DOCUMENT
    assert not (place / "pictures").exists()


def test_pictures_are_drawn_and_are_stale_when_a_figure_changes(place):
    assert tables(place).exit_code == 0
    picture = place / "pictures/toy-3-size_bytes.svg"
    assert "<desc>micro: " in picture.read_text()
    path = place / "results/toy/micro.json"
    write_json(path, {**json.loads(path.read_text()), "size_bytes": 77_000})
    answer = tables(place, "--check")
    assert answer.exit_code == 1
    assert "toy-3-size_bytes.svg: differs from" in answer.stderr
    assert "77 kB" not in picture.read_text()
    assert tables(place).exit_code == 0
    assert "77 kB" in picture.read_text()


def test_what_is_published_here_is_what_the_documents_say(monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[2])
    answer = CliRunner().invoke(app, ["tables", "--check"])
    assert "differs from" not in answer.stderr, answer.stderr


def test_published_files_agree_with_each_other():
    assert not agreement.disagreements(Path(__file__).parents[2] / "results")


def test_check_fails_where_two_results_files_disagree(place):
    assert tables(place).exit_code == 0
    path = place / "results/toy/micro.json"
    write_json(path.with_name("copy.json"), json.loads(path.read_text()))
    assert tables(place).exit_code == 0
    answer = tables(place, "--check")
    assert answer.exit_code == 1
    assert "micro.json: toy" in answer.stderr
    assert "copy.json: the same" in answer.stderr


def test_document_without_markers_is_refused(place):
    (place / "README.md").write_text("# Title\n")
    answer = tables(place)
    assert isinstance(answer.exception, CorpusError)
    assert "<!-- NAME:begin -->" in str(answer.exception)


def test_folder_without_results_is_refused(place, tmp_path):
    (tmp_path / "results/toy/micro.json").unlink()
    assert "lightspeech evaluate RUN" in str(tables(place).exception)


def test_benchmarks_beside_the_corpora_are_left_alone(place):
    benchmarks = place / "results/benchmarks"
    benchmarks.mkdir()
    (benchmarks / "predict.json").write_text("{}")
    assert tables(place).exit_code == 0
