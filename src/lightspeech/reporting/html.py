"""One study as one HTML file that needs nothing else: no script, no network, no second file."""

from importlib.resources import files
from pathlib import Path

import numpy as np

from lightspeech.errors import MissingExtra
from lightspeech.evaluation.results import Results
from lightspeech.files import write_text
from lightspeech.reporting import study_figures, wording
from lightspeech.reporting.study_figures import Material

N_CONFUSED = 3
"""Most frequent mistakes told in words."""


def write_report(folder: Path, to: Path) -> Path:
    """Write the report of a study, atomically, and give its path back.

    Args:
        folder: of a study, or of a step of its recipe.
        to: the HTML file.

    Raises:
        CorpusError: if the study is not finished or a file of it is damaged.
        MissingExtra: if matplotlib or jinja2 is not installed.
        OutputError: if the report cannot be written.
    """
    write_text(to, render(study_figures.read(folder)))
    return to


def render(material: Material) -> str:
    """Fill the template: the text of the HTML file.

    Raises:
        MissingExtra: if matplotlib or jinja2 is not installed.
    """
    try:
        import jinja2
    except ImportError:
        raise MissingExtra("a report", "report") from None
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = files("lightspeech.reporting").joinpath("templates/study.html").read_text("utf-8")
    drawings = study_figures.draw(material)
    return environment.from_string(source).render(
        results=material.figures,
        wording=wording,
        example=material.example,
        figures={name: drawing.svg() for name, drawing in drawings.items()},
        confused=confused(material.figures),
        chain=material.chain,
    )


def confused(figures: Results) -> list[tuple[str, str, float]]:
    """Name the most frequent mistakes: truth, answer, share of the class answered so."""
    counts = np.array(figures.confusion, float)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    np.fill_diagonal(shares, 0)
    order = np.argsort(-shares, axis=None)[:N_CONFUSED]
    cells = [divmod(int(cell), len(figures.labels)) for cell in order]
    return [
        (figures.labels[t], figures.labels[a], shares[t, a]) for t, a in cells if shares[t, a] > 0
    ]
