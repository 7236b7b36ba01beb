"""Runs the notebooks and keeps what they print and draw: python notebooks/execute.py.

The text of a notebook is its ``.py``; its ``.ipynb`` holds the same cells with their outputs, on
the recordings in $LIGHTSPEECH_DATA. No recording is kept in it.
"""

from collections.abc import Mapping
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
TEXTS = sorted(FOLDER.glob("0*.py"))
PARAMETERS = "parameters"
"""Tag of the cell that says what is run on."""
TIMEOUT_S = 900
CONTROL = "application/vnd.jupyter.widget-view+json"


def execute(text: Path, parameters: Mapping[str, object] | None = None) -> nbformat.NotebookNode:
    """Run a notebook.

    Args:
        text: its ``.py``.
        parameters: values in place of those that its first cell gives.

    Returns:
        Its cells with outputs, players of recordings and controls left out.

    Raises:
        nbclient.exceptions.CellExecutionError: if a cell fails.
    """
    notebook = jupytext.read(text)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"{text.stem[:2]}-{number:02}"  # drawn anew each time otherwise
    if parameters:
        [given] = [c for c in notebook.cells if PARAMETERS in c.metadata.get("tags", ())]
        given.source = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    where = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, timeout=TIMEOUT_S, kernel_name="python3", resources=where).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not is_live(output)]
            del cell.metadata["execution"]
    notebook.metadata.pop("widgets", None)  # what a control shows, with its recordings
    return notebook


def is_live(output: nbformat.NotebookNode) -> bool:
    """Whether an output is of use in a running notebook alone: a recording, or a control."""
    data = output.get("data", {})
    return "<audio" in data.get("text/html", "") or CONTROL in data


if __name__ == "__main__":
    for text in TEXTS:
        nbformat.write(execute(text), text.with_suffix(".ipynb"))
        print(text.with_suffix(".ipynb"))
