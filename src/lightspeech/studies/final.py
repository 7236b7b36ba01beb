"""The model to use: a study of its own that learns from everybody and tests nobody.

It goes by the recipe that measures, beside whose study it lies.
"""

from dataclasses import replace

from lightspeech.config import Choice
from lightspeech.corpora import manifest
from lightspeech.files import placed
from lightspeech.protocols import everyone
from lightspeech.studies.recipe import Recipe
from lightspeech.studies.study import Study, read_study
from lightspeech.training import layout
from lightspeech.training import run as runs

PROTOCOLS = "lightspeech.protocols"
RANDOM = "random_leaky"
SHARE = 0.1
"""Of the recordings that a final model is selected on where nobody keeps speakers apart."""
FINAL = "_final"
"""Behind the name of such a study."""


def of(recipe: Recipe) -> Recipe:
    """Turn a recipe that measures into one whose model learns from all of it, once.

    Args:
        recipe: as it was read.
    """
    keeps_apart = recipe.protocol.name.replace("-", "_") != RANDOM
    cfg = everyone.Config(selection_share=None if keeps_apart else SHARE)
    return replace(
        recipe,
        name=f"{recipe.name}{FINAL}",
        protocol=Choice(PROTOCOLS, everyone.NAME, cfg),
        seeds=recipe.seeds[:1],
    )


def measured(final: Study) -> Study | None:
    """Find the study in the next folder that measured a final one's recipe and recordings.

    Of the few whom a final model is selected on it may get all right, and would never be uncertain.

    Args:
        final: any study.

    Returns:
        None where it is no final one, or nobody measured it to the end on strangers.
    """
    plain = layout.study_of(final.folder)
    beside = plain.with_name(plain.name.removesuffix(FINAL))
    folder = beside / placed(final.folder).name if final.steps else beside
    if beside == plain or not (folder / (layout.STEPS if final.steps else layout.RECIPE)).is_file():
        return None
    study = read_study(folder, rated=True)
    is_same = of(study.recipe) == final.recipe
    is_same &= manifest.digest(study.utterances) == manifest.digest(final.utterances)
    is_honest = study.is_tested and not study.protocol.leaky and study.recipe.ratings is None
    is_done = all(runs.is_done(study.folder / name) for name in study.run_names)
    return study if is_same and is_honest and is_done else None
