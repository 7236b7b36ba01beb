import json
import re
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lightspeech import config
from lightspeech.cli import app
from lightspeech.errors import ConfigError, StudyError
from lightspeech.studies import engine
from lightspeech.studies.space import Budget, Search
from lightspeech.training import fitting
from lightspeech.training.cost import Cost
from lightspeech.workflows import search

pytest.importorskip("optuna", reason="needs the extra search")

RECIPE = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: nano, channels: [8, 8]}
training: {epochs: 1, batch_size: 8}
search:
  trials: 3
  folds: [0, 1]
  space:
    model.channels: [[6, 6], [8, 8, 8]]
    training.learning_rate: {low: 0.001, high: 0.01, log: true}
    model.stem_kernel: [3]
"""


@pytest.fixture
def look(tmp_path, monkeypatch):
    """Search beside a recipe of seconds; gives the objects printed."""
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(RECIPE)

    def run(*arguments):
        ended = CliRunner().invoke(app, ["search", "tiny.yaml", "--json", *arguments])
        if ended.exception is not None:
            raise ended.exception
        return [json.loads(line) for line in ended.stdout.splitlines()]

    return run


def test_finds_come_with_cost_and_overrides_best_first_and_no_test_set_is_answered(look):
    found = look("--show", "9")
    assert 1 <= len(found) <= 3
    uars = [one["selection_uar"] for one in found]
    assert uars == sorted(uars, reverse=True)
    for one in found:
        keys = [override.split("=")[0] for override in one["overrides"]]
        assert set(keys) == {"model.channels", "training.learning_rate", "model.stem_kernel"}
        assert one["cost"]["n_params"] > 0
    assert list(Path("runs/tiny-search").rglob("history.jsonl"))
    assert not list(Path("runs").rglob("test.csv"))


def test_what_is_printed_is_typed_as_it_stands(look):
    look("--trials", "1")
    ended = CliRunner().invoke(app, ["search", "tiny.yaml", "--resume", "--trials", "1"])
    told, typed = ended.stdout.splitlines()
    assert "% selection UAR, " in told
    assert typed.startswith("  lightspeech run tiny.yaml name=NAME 'model.channels=[")


def test_a_search_goes_on_where_it_was_cut_off(look, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(fitting, "fit", _ctrl_c)
        with pytest.raises(SystemExit):
            look()
    assert _states() == ["RUNNING"]
    look("--resume", "--trials", "2")
    assert _states() == ["FAIL", "COMPLETE", "COMPLETE"]
    first, again = _params()[:2]
    assert first == again


def test_several_trials_at_once_are_asked_and_cut_off_together(look, monkeypatch):
    def same_each(function, tasks, **_):
        together.append([task.fold for task in tasks])
        return [function(task) for task in tasks]

    together = []
    monkeypatch.setattr(engine, "map", same_each)
    with monkeypatch.context() as patch:
        patch.setattr(fitting, "fit", _ctrl_c)
        with pytest.raises(SystemExit):
            look("--processes", "2")
    assert _states() == ["RUNNING"] * 2
    assert len(look("--resume", "--processes", "2", "--show", "9")) == 3
    assert _states() == ["FAIL"] * 2 + ["COMPLETE"] * 3
    assert together[1:] == [[0, 0], [1, 1], [0], [1]]


def test_equal_choices_are_trained_once(look, monkeypatch):
    tried = []
    monkeypatch.setattr(
        engine, "map", lambda _, tasks, **__: [tried.append(t) or 0.5 for t in tasks]
    )
    space = "search.space={model.stem_kernel: [3]}"
    assert len(look(space, "--processes", "3")) == 1
    assert _states() == ["COMPLETE"] * 3
    assert [task.fold for task in tried] == [0, 1]


@pytest.mark.parametrize("error", [StudyError("diverged"), ConfigError("no FFT bin")])
def test_a_trial_that_cannot_be_trained_does_not_end_the_search(look, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(fitting, "fit", fail)
    told = look()
    assert [(one["given_up"], one["why"]) for one in told] == [("failed", str(error))] * 3
    assert _states() == ["PRUNED"] * 3


def _ctrl_c(*_):
    raise KeyboardInterrupt


def _states():
    with sqlite3.connect("runs/tiny-search/search.db") as base:
        return [state for (state,) in base.execute("select state from trials order by number")]


def _params():
    with sqlite3.connect("runs/tiny-search/search.db") as base:
        rows = base.execute(
            "select trial_id, param_name, param_value from trial_params order by 1, 2"
        ).fetchall()
    return [
        {name: value for at, name, value in rows if at == t} for t in sorted({r[0] for r in rows})
    ]


def test_what_is_over_the_budget_is_not_trained(look, monkeypatch):
    monkeypatch.setattr(fitting, "fit", _ctrl_c)
    told = look("search.budget.n_params=10")
    assert {one["given_up"] for one in told} == {"over the budget"}
    for one in told:
        assert re.fullmatch(r"n_params [\d,]+ of 10", one["why"])
        assert one["overrides"][0].startswith("model.channels=")
    ended = CliRunner().invoke(
        app, ["search", "tiny.yaml", "--resume", "search.budget.n_params=10"]
    )
    assert ended.stdout == "given up: 3 over the budget (--json tells each)\n"


def test_a_trial_behind_the_others_is_given_up_and_says_so(look, monkeypatch):
    monkeypatch.setattr(search, "STARTUP", 1)
    uars = iter((0.5, 0.5, 0.2, 0.6, 0.6))
    monkeypatch.setattr(engine, "map", lambda _, tasks, **__: [next(uars) for _ in tasks])
    first, _, behind = look("search.space={training.learning_rate: {low: 0.001, high: 0.1}}")
    assert first["selection_uar"] == 0.6
    assert behind["given_up"] == "behind the others"
    assert behind["why"] == "20.0 % selection UAR after 1 of 2 runs"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("search.folds=[0,7]", "search.folds: found .0, 7., the protocol has 0 to 2"),
        ("search.space={model.widht: [1, 2]}", "widht: no such key"),
        ("search.space={}", "space, its choices, folds and seeds need an entry"),
        ("search.space={model.kernel: []}", r"found none in \['model.kernel'\]"),
        ("search.space={model.dropout: {low: 1, high: 0}}", "a range needs low < high"),
        ("search=null", "the recipe has no search: block; write search"),
    ],
)
def test_a_search_that_cannot_be_is_one_clear_line(look, change, fault):
    with pytest.raises(ConfigError, match=fault):
        look(change)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({}, None),
        ({"n_params": 100, "macs": 1000, "peak_activation_bytes": 50}, None),
        ({"macs": 999}, "macs 1,000 of 999"),
        ({"n_params": 100, "peak_activation_bytes": 49}, "peak_activation_bytes 50 of 49"),
    ],
)
def test_budget_says_what_is_overspent(budget, said):
    cost = Cost(n_params=100, macs=1000, peak_activation_bytes=50)
    assert config.build(Budget, budget).overspent(cost) == said


def test_a_search_is_written_as_it_was_read():
    values = {"space": {"a.b": {"low": 1, "high": 2}, "c": [[1, 2], "x"]}}
    made = config.build(Search, values)
    assert config.build(Search, json.loads(json.dumps(config.as_dict(made)))) == made
