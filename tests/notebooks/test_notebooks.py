"""The notebooks run on the made corpus, and what is kept of them is their text and no recording."""

import re
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
TEXTS = sorted(FOLDER.glob("0*.py"))
pytest.importorskip("jupytext", reason="notebooks need jupytext, nbclient and ipykernel: 'dev'")
pytest.importorskip("nbclient", reason="notebooks need jupytext, nbclient and ipykernel: 'dev'")
pytest.importorskip("ipywidgets", reason="a control of notebook 03 needs ipywidgets: 'dev'")
sys.path.insert(0, str(FOLDER))
import execute  # noqa: E402

SOUND = re.compile(r"<audio|audio/\w|UklGR|ZkxhQ")
"""A player, a media type, WAV and FLAC in base64."""
CHOOSE = ("print(page.value)", "menu.index = 1", "print(page.value)")
"""Tell what the control shows, take its second clip, and tell it again."""
LARGEST = 1_000_000


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)
def test_a_notebook_runs_on_made_speech(text, tmp_path):
    corpus = {"root": str(tmp_path / "corpus"), "speakers": 3, "sentences": 1}
    more = {
        "01_data_exploration": {"SHOWN": 12},
        "02_model_comparison": {"RESULTS": "../results", "EVERY": 1},
        "03_interpretability": {"BUNDLE": "nano", "SHOWN": 4},
    }
    parameters = {"CORPUS": "synthetic", "OPTIONS": corpus, **more[text.stem]}
    notebook = execute.execute(text, parameters)
    printed = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ())
    )
    assert "3 speakers" in printed or "worst" in printed


def test_a_clip_that_is_chosen_is_played_and_its_map_is_shown(tmp_path, monkeypatch):
    read = execute.jupytext.read

    def with_a_choice(text):
        notebook = read(text)
        notebook.cells += map(execute.nbformat.v4.new_code_cell, CHOOSE)
        return notebook

    monkeypatch.setattr(execute.jupytext, "read", with_a_choice)
    corpus = {"root": str(tmp_path / "corpus"), "speakers": 3, "sentences": 1}
    parameters = {"CORPUS": "synthetic", "OPTIONS": corpus, "BUNDLE": "nano", "SHOWN": 4}
    notebook = execute.execute(FOLDER / "03_interpretability.py", parameters)
    first, second = (notebook.cells[at].outputs[0]["text"] for at in (-3, -1))
    assert first != second
    for shown in (first, second):
        assert shown.count("<audio") == shown.count("</svg>") == 1
    assert "widgets" not in notebook.metadata


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)
def test_a_kept_notebook_has_that_text_and_no_recording(text):
    kept = text.with_suffix(".ipynb")
    notebook, own = execute.nbformat.read(kept, 4), execute.jupytext.read(text)
    assert [c.source for c in notebook.cells] == [c.source for c in own.cells], "make notebooks"
    assert all(c.get("execution_count", 1) for c in notebook.cells), "make notebooks"
    assert not SOUND.search(kept.read_text("utf-8"))
    assert kept.stat().st_size < LARGEST
    assert str(Path.home()) not in kept.read_text("utf-8")
