"""One study as one HTML file that needs nothing else: no script, no network, no second file."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from lightspeech.config import config, read_json
from lightspeech.errors import CorpusError, MissingExtra
from lightspeech.evaluation import compression, conditions, results
from lightspeech.evaluation.compression import Chain
from lightspeech.evaluation.results import Results
from lightspeech.files import parse_json, placed, write_text
from lightspeech.reporting import plots, plots_of_costs, wording
from lightspeech.training import layout
from lightspeech.training.predictions import Predictions

N_CONFUSED = 3
"""Most frequent mistakes told in words."""


@config
class Example:
    """One test utterance as a model hears it: the content of ``example.json``, optional."""

    id: str
    frames: list[list[float]]
    """Log-mel, shape ``(frames, mel bands)``."""
    hop_s: float
    truth: str
    probabilities: dict[str, float]


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
    study, runs = conditions.read(folder)
    figures = results.measure(study, runs)
    histories, example, chain = read_histories(folder), read_example(folder), read_chain(folder)
    write_text(to, render(figures, runs, histories, example, chain))
    return to


def read_histories(folder: Path) -> list[list[dict[str, Any]]]:
    """Read ``fold*-seed*/history.jsonl``: the epochs of every run that has any.

    Raises:
        CorpusError: if a line is not valid JSON.
    """
    histories = []
    for run in layout.runs(folder):
        path = run / layout.HISTORY
        if not path.is_file():
            continue
        try:
            lines = path.read_text("utf-8").splitlines()
            histories.append([_epoch(parse_json(line)) for line in lines])
        except (ValueError, TypeError, KeyError) as error:
            raise CorpusError(f"{path}: not one JSON object a line ({error})") from None
    return [history for history in histories if history]


def _epoch(values: dict[str, Any]) -> dict[str, float]:
    """Keep what is drawn of an epoch."""
    return {key: float(values[key]) for key in ("loss", "selection_uar")}


def read_example(folder: Path) -> Example | None:
    """Read ``example.json``; None where the study has none.

    Raises:
        CorpusError: if it is damaged.
        ConfigError: if it lacks a key.
    """
    path = folder / layout.EXAMPLE
    if not path.is_file():
        return None
    return read_json(Example, path)


def read_chain(folder: Path) -> Chain | None:
    """Read what the steps of a study cost, from its folder or from that of a step of it.

    Raises:
        CorpusError: if the file is damaged.
        ConfigError: if it lacks a key.
    """
    paths = [place / compression.FILE for place in (folder, placed(folder).parent)]
    return next((compression.read(path) for path in paths if path.is_file()), None)


def render(
    figures: Results,
    runs: Sequence[Predictions],
    histories: Sequence[Sequence[dict[str, Any]]],
    example: Example | None,
    chain: Chain | None,
) -> str:
    """Fill the template.

    Args:
        figures: of the study.
        runs: answers that they were computed from.
        histories: epochs of each run that has any.
        example: one utterance as a model hears it; None where the study has none.
        chain: what the steps of its recipe cost; None where it has none.

    Returns:
        The text of the HTML file.

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
    pictures = draw(figures, runs, histories, example)
    if chain is not None:
        pictures["chain"] = plots_of_costs.chain(chain)
    return environment.from_string(source).render(
        results=figures,
        wording=wording,
        example=example,
        figures=pictures,
        confused=confused(figures),
        chain=chain,
    )


def draw(
    figures: Results,
    runs: Sequence[Predictions],
    histories: Sequence[Sequence[dict[str, Any]]],
    example: Example | None,
) -> dict[str, str]:
    """Draw every figure there is something to draw for, by name, as SVG.

    Args:
        figures: of the study.
        runs: answers that they were computed from.
        histories: epochs of each run that has any.
        example: one utterance as a model hears it; None where the study has none.
    """
    pictures = {
        "confusion": plots.confusion(figures),
        "recalls": plots.recalls(figures),
        "speakers": plots.speakers(figures),
        "calibration": plots.calibration(
            np.concatenate([run.probabilities for run in runs]),
            np.concatenate([run.truth for run in runs]),
        ),
    }
    if histories:
        pictures["curves"] = plots.curves(histories)
    if example is not None:
        pictures["spectrogram"] = plots.spectrogram(example.frames, example.hop_s)
    return pictures


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
