"""What is known of one study, and its figures: in its report, or files of their own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lightspeech.config import config, read_json
from lightspeech.errors import CorpusError
from lightspeech.evaluation import compression, conditions, results
from lightspeech.evaluation.compression import Chain
from lightspeech.evaluation.results import Results
from lightspeech.files import parse_json, placed, replacing
from lightspeech.reporting import _canvas, plots, plots_of_costs, recording
from lightspeech.reporting.plots import Histories
from lightspeech.training import layout
from lightspeech.training.predictions import Predictions

if TYPE_CHECKING:
    from lightspeech.reporting._canvas import Drawing

FORMATS: dict[str, Callable[["Drawing"], bytes]] = {
    "svg": lambda drawing: _canvas.standalone(drawing, drawing.says).encode("utf-8"),
    "pdf": lambda drawing: drawing.pdf(),
    "png": lambda drawing: drawing.png(),
}
"""How a figure is written as a file, by suffix."""


@config
class Example:
    """One test utterance as a model hears it: the content of ``example.json``, optional."""

    id: str
    frames: list[list[float]]
    """Log-mel, shape ``(frames, mel bands)``."""
    hop_s: float
    truth: str
    probabilities: dict[str, float]
    sentences: tuple[str, ...] = ()
    """What was heard, what would change the answer and how sure that is; none of ratings."""
    map: list[list[float]] | None = None
    """Of the answer, shape ``(pieces, bands)``, see `explain.maps`."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """What there is to show of a study.

    Attributes:
        figures: of the study.
        runs: answers that they were computed from.
        histories: epochs of each run that has any.
        example: one utterance as a model hears it; None where the study has none.
        chain: what the steps of its recipe cost; None where it has none.
    """

    figures: Results
    runs: Sequence[Predictions]
    histories: Histories
    example: Example | None
    chain: Chain | None


def read(folder: Path) -> Material:
    """Read all that a study, or a step of its recipe, has to show.

    Raises:
        CorpusError: if the study is not finished or a file of it is damaged.
        ConfigError: if a file lacks a key.
    """
    study, runs = conditions.read(folder)
    return Material(
        figures=results.measure(study, runs),
        runs=runs,
        histories=_histories(folder),
        example=_example(folder),
        chain=_chain(folder),
    )


def _histories(folder: Path) -> Histories:
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


def _example(folder: Path) -> Example | None:
    path = folder / layout.EXAMPLE
    if not path.is_file():
        return None
    return read_json(Example, path)


def _chain(folder: Path) -> Chain | None:
    """Read what steps cost, from the folder of the study or from that of a step of it."""
    paths = [place / compression.FILE for place in (folder, placed(folder).parent)]
    return next((compression.read(path) for path in paths if path.is_file()), None)


def draw(material: Material) -> dict[str, "Drawing"]:
    """Draw every figure there is something to draw for, by name.

    Raises:
        MissingExtra: if matplotlib is not installed.
    """
    figures, runs = material.figures, material.runs
    drawings = {
        "confusion": plots.confusion(figures),
        "recalls": plots.recalls(figures),
        "speakers": plots.speakers(figures),
        "calibration": plots.calibration(
            np.concatenate([run.probabilities for run in runs]),
            np.concatenate([run.truth for run in runs]),
        ),
    }
    if figures.transfer:
        drawings["transfer"] = plots.transfer(figures)
    if material.histories:
        drawings["losses"] = plots.losses(material.histories)
        drawings["selection"] = plots.selection(material.histories)
    if material.example is not None:
        drawings["spectrogram"] = plots.spectrogram(material.example.frames, material.example.hop_s)
        if material.example.map is not None:
            drawings["map"] = recording.map_alone(material.example.map)
    if material.chain is not None:
        drawings["chain"] = plots_of_costs.chain(material.chain)
    return drawings


def write(material: Material, to: Path, formats: Sequence[str]) -> list[Path]:
    """Write every figure as a file in each format, atomically, and give the paths.

    Args:
        material: of a study.
        to: folder; made where it is not there.
        formats: of `FORMATS`.

    Raises:
        MissingExtra: if matplotlib is not installed.
        OutputError: if a file cannot be written.
    """
    drawings = draw(material)
    paths = {to / f"{name}.{suffix}": (name, suffix) for name in drawings for suffix in formats}
    for path, (name, suffix) in paths.items():
        with replacing(path) as temporary:
            temporary.write_bytes(FORMATS[suffix](drawings[name]))
    return list(paths)
