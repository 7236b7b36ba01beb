"""The names of files and folders of studies and runs, which nobody else spells."""

import ast
import re
from pathlib import Path

import pytest

from lightspeech.training import layout

SOURCES = Path(layout.__file__).parents[1]
FILES = {value for name, value in vars(layout).items() if name.isupper() and "." in str(value)}
RUN = re.compile(r"fold[\d*{]\S*-seed")


def strings(tree):
    """Texts of a module that are no docstrings and no help: names alone hold no space."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = None
        if isinstance(node, ast.keyword) and node.arg == "help":
            node.value = ast.Constant(None)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, ast.unparse(node)[2:-1]
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def spelt(source):
    """Line and text of each name of `layout` that a module spells itself."""
    return [
        (line, text)
        for line, text in strings(ast.parse(source))
        if FILES & set(re.split(r"[\s/(){}]+", text)) or (" " not in text and RUN.search(text))
    ]


def test_nobody_else_spells_its_names():
    faults = [
        f"{path.relative_to(SOURCES)}:{line} {text}"
        for path in sorted(SOURCES.rglob("*.py"))
        if path != Path(layout.__file__)
        for line, text in spelt(path.read_text("utf-8"))
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "source",
    ['path = folder / "run.json"', 'runs = folder.glob("fold*-seed*/")',
     'folder.glob("fold*-seed*/test.csv")', 'name = f"fold{fold}-seed{seed}"',
     'fault = f"{run} has no test.csv"'],
)  # fmt: skip
def test_a_name_that_is_spelt_is_found(source):
    assert spelt(source)


@pytest.mark.parametrize(
    "source",
    ['"""Reads ``run.json``."""', 'X = Option(help="Such as runs/demo/fold0-seed0.")',
     'raise ConfigError("name one of its runs, such as runs/NAME/fold0-seed0")',
     "path = folder / layout.RUN"],
)  # fmt: skip
def test_what_people_read_may_name_an_example(source):
    assert not spelt(source)


def test_runs_are_found_by_fold_and_sorted(tmp_path):
    for fold, seed in [(1, 0), (0, 1), (0, 0), (10, 0)]:
        (tmp_path / layout.run_name(fold, seed)).mkdir()
    (tmp_path / "fold0-seed2").write_text("no folder")
    (tmp_path / layout.SOFT).mkdir()
    names = [run.name for run in layout.runs(tmp_path)]
    assert names == ["fold0-seed0", "fold0-seed1", "fold1-seed0", "fold10-seed0"]
    assert [run.name for run in layout.runs(tmp_path, 1)] == ["fold1-seed0"]
    assert layout.runs(tmp_path / "nothing") == []


def test_a_step_is_told_from_a_study_by_its_file(tmp_path):
    study = tmp_path / "runs/tiny"
    step = study / layout.step_name(2, "prune")
    step.mkdir(parents=True)
    assert (step.name, layout.is_step(step), layout.step_number(step)) == ("2-prune", False, 0)
    (step / layout.STEPS).touch()
    assert (layout.is_step(step), layout.step_number(step)) == (True, 2)
    assert layout.study_of(step) == study.resolve()
    assert (layout.study_of(study), layout.step_number(study)) == (study, 0)
    assert layout.studies_beside(step / layout.run_name(0, 0)) == tmp_path / "runs"


def test_soft_labels_are_a_file_a_fold(tmp_path):
    assert not layout.holds_soft_labels(tmp_path)
    file = layout.soft_labels(tmp_path, 3)
    assert file == tmp_path / "fold3.safetensors"
    file.touch()
    assert layout.holds_soft_labels(tmp_path)
