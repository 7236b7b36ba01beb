"""Benchmarks start, say what they measure, and touch nothing when they are only asked that."""

import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = {"trials"}
"""What several benchmarks use, and none by itself."""
PACKAGES = {path.parent.name for path in (ROOT / "benchmarks").glob("*/__main__.py")}
NAMES = sorted({path.stem for path in (ROOT / "benchmarks").glob("*.py")} - PARTS | PACKAGES)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_does_and_does_nothing(name, monkeypatch, capsys, tmp_path):
    monkeypatch.syspath_prepend(ROOT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    for module in (f"benchmarks.{name}", f"benchmarks.{name}.__main__"):
        monkeypatch.delitem(sys.modules, module, raising=False)  # a part of another one, too
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"benchmarks.{name}", run_name="__main__", alter_sys=True)
    assert len(capsys.readouterr().out or str(ended.value)) > 100
    assert not list(tmp_path.iterdir())
