"""Figures of teacher and students side by side, and what there is to draw of them."""

from collections.abc import Sequence
from pathlib import Path

from lightspeech.corpora import manifest
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.evaluation import results
from lightspeech.files import write_text
from lightspeech.reporting import study_figures, tables
from lightspeech.studies.study import read_study
from lightspeech.training import layout
from lightspeech.training.layout import MANIFEST
from lightspeech.workflows import measuring
from lightspeech.workflows.pipeline.models import MODELS, find, name_of, stages_of

TABLES, PLOTS = Path("results/tables"), Path("results/plots")
"""Where figures go, below the working folder."""
TABLE = "comparison.md"


def compare(data: Path, checkpoints: Sequence[Path], output: Path) -> str:
    """Measure models on the speakers that each fold of them left out.

    Args:
        data: folder of the prepared data that they learnt from.
        checkpoints: weights of each, see `models.find`.
        output: folder that gets the figures of each as JSON, and `TABLE`.

    Returns:
        The table, in Markdown.

    Raises:
        ConfigError: if a model learnt from other data.
        CorpusError: if there is no such model, or its training is not finished.
    """
    studies = {name_of(folder): read_study(folder) for folder in map(find, checkpoints)}
    heard = {u.id: u.audio_hash for u in manifest.read(data / MANIFEST, need_audio=False)}
    for name, study in studies.items():
        if any(heard.get(u.id) != u.audio_hash for u in study.utterances):
            raise ConfigError(f"{name} learnt from other recordings than {data} holds; train again")
    measured = {name: measuring.measure(study) for name, study in studies.items()}
    for name, figures in measured.items():
        results.write(figures, output / f"{name}.json")
    table = tables.markdown(list(measured.values()))
    write_text(output / TABLE, f"{table}\n")
    return table


def draw() -> list[Path]:
    """Draw every model of the working folder that was measured, as SVG.

    Returns:
        The pictures.

    Raises:
        CorpusError: if none was measured.
        MissingExtra: if matplotlib is not installed.
    """
    studies = [path.parent for path in sorted(MODELS.glob(f"*/{layout.RECIPE}"))]
    stages = [each for study in studies for each in stages_of(study)]
    measured = [each for each in stages if (each / layout.CONDITIONS).is_file()]
    if not measured:
        raise CorpusError(
            f"{MODELS}: nothing was measured yet; type: python scripts/04_compare_models.py …"
        )
    return [
        path
        for each in measured
        for path in study_figures.write(study_figures.read(each), PLOTS / name_of(each), ["svg"])
    ]
