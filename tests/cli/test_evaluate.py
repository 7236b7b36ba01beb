import json

import pytest
from typer.testing import CliRunner

from lightspeech.cli import app
from lightspeech.errors import CorpusError
from lightspeech.evaluation import results, study


def evaluate(*arguments):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def test_every_figure_of_a_study_is_printed(make_study):
    folder = make_study()
    printed = evaluate(folder).stdout
    made = results.measure(*study.read(folder))
    assert f"UAR       {100 * made.uar.mean:.1f} ± {100 * made.uar.std:.1f} [" in printed
    for word in ("WA  ", "macro-F1", "ECE", "selection: two other speakers", "recall %"):
        assert word in printed
    assert f"UAR, speaker {made.worst_speaker}" in printed
    for speaker in made.per_speaker:
        assert speaker in printed


@pytest.mark.parametrize("leaky", [True, False])
def test_leaky_is_printed_where_and_only_where_a_figure_is(make_study, leaky):
    assert ("LEAKY" in evaluate(make_study(leaky=leaky)).stdout) is leaky


def test_json_is_the_results_object_and_output_the_same(make_study, tmp_path):
    output = tmp_path / "results/toy/micro.json"
    printed = evaluate(make_study(), "--json", "--output", output).stdout
    assert json.loads(printed) == json.loads(output.read_text())
    assert results.read(output).uar.mean == json.loads(printed)["uar"]["mean"]


def test_missing_study_is_one_clear_line(tmp_path):
    answer = evaluate(tmp_path / "nothing")
    assert isinstance(answer.exception, CorpusError)
    assert "check the path" in str(answer.exception)
