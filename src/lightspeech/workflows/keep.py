"""Keep the small int8 models of published figures, so that anybody can compute them again."""

import hashlib
from pathlib import Path

from lightspeech.evaluation import kept
from lightspeech.evaluation.kept import Kept
from lightspeech.evaluation.results import Results
from lightspeech.studies.study import Study
from lightspeech.training import layout
from lightspeech.training import run as runs
from lightspeech.workflows.measuring import published_path


def keep(study: Study, figures: Results, root: Path) -> list[Path]:
    """Keep the int8 models of the first seed below the published figures, where they are small.

    Args:
        study: one without int8 runs, of several corpora or of known speakers keeps nothing.
        figures: of it.
        root: folder of all results.

    Returns:
        The models' files, one a fold.

    Raises:
        OutputError: if the folder cannot be written.
    """
    models = _models(study)
    small = all(f.is_file() and f.stat().st_size <= kept.LIMIT_BYTES for f in models)
    is_known = study.recipe.run_config().knows_speaker
    if len(study.recipe.corpora) > 1 or is_known or not small:
        return []
    to = kept.folder_of(published_path(root, figures))
    for fold, file in enumerate(models):
        kept.write(_describe(study, figures, fold, file), file.read_bytes(), to)
    return [kept.model_file(to, fold) for fold in range(len(models))]


def _models(study: Study) -> list[Path]:
    """Name the int8 model of each fold of the first seed, there or not."""
    seed, folds = study.recipe.seeds[0], range(len(study.protocol.splits))
    return [study.folder / layout.run_name(fold, seed) / layout.INT8 for fold in folds]


def _describe(study: Study, figures: Results, fold: int, file: Path) -> Kept:
    recipe, cfg = study.recipe, runs.read_config(file.parent)
    return Kept(
        corpus=recipe.corpora[0].name,
        vocabulary=recipe.labels,
        protocol=recipe.protocol,
        fold=fold,
        seed=recipe.seeds[0],
        labels=figures.labels,
        frontend=cfg.frontend.config,
        windows=cfg.windows,
        temperature=runs.read_outcome(file.parent).temperature,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
    )
