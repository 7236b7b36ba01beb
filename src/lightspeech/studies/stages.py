"""The stages of a study, in order: begin (`folders`), prepare (`material`), train, compress.

Each reads what the one before left in the folder of the study, so any can be run again alone.
"""

from pathlib import Path

from lightspeech.errors import ConfigError
from lightspeech.models import building
from lightspeech.progress import Progress
from lightspeech.protocols.base import Protocol
from lightspeech.studies import execution, tasks
from lightspeech.studies.folders import Places, open_step
from lightspeech.studies.material import Material
from lightspeech.studies.recipe import Recipe
from lightspeech.training import initial, layout, teachers
from lightspeech.training.objective import check_mixing
from lightspeech.training.task import Task


def check_cut(recipe: Recipe, material: Material, places: Places) -> None:
    """Cut a corpus and check the cut, before a folder is made.

    Args:
        recipe: names the protocol.
        material: of `read_corpora`.
        places: of the study to come.

    Raises:
        ConfigError: if it cannot be cut.
        LeakError: if a fold leaks and the protocol is not labelled leaky.
    """
    protocol: Protocol = recipe.protocol.module.cut(material.utterances, recipe.protocol.config)
    _tasks(recipe, material, protocol, places.runs / recipe.name, places)


def train(
    recipe: Recipe,
    prepared: Material,
    folder: Path,
    places: Places,
    progress: Progress,
    *,
    processes: int | None = None,
) -> Protocol:
    """Cut the corpus, check the cut for leaks, and train every fold and seed.

    Args:
        recipe: of the study.
        prepared: by `prepare`.
        folder: of the study, by `begin`.
        places: where features are cached.
        progress: told of features computed and epochs done.
        processes: runs at once; None: one a core.

    Returns:
        The cut.

    Raises:
        LeakError: if a fold leaks and the protocol is not labelled leaky.
    """
    protocol: Protocol = recipe.protocol.module.cut(prepared.utterances, recipe.protocol.config)
    todo = _tasks(recipe, prepared, protocol, folder, places)
    execution.execute(todo, processes=processes, progress=progress)
    return protocol


def check_model(recipe: Recipe) -> None:
    """Build the network of a recipe once, before anything is decoded or a folder is made.

    Args:
        recipe: of the study.

    Raises:
        ConfigError: if model, front end and training do not fit each other, or the bundle it
            begins with.
        BundleError: if that bundle is not there, or damaged.
    """
    cfg = recipe.run_config()
    cfg.front.missing((), Path())  # of no recording: an encoder that is not there is told
    check_mixing(cfg.front.example(), cfg.training)
    network = building.unpruned(cfg.architecture, cfg.front)
    if recipe.ratings is not None and hasattr(network, "settle"):
        raise ConfigError(
            f"model {recipe.model.name} parts classes and rates nothing; take another"
        )
    initial.check(cfg)


def check_steps(recipe: Recipe, places: Places) -> None:
    """Look for all that the steps of a recipe learn from, before the first plain run is trained.

    What the recipe makes itself, its plain runs or an earlier step, need not be there yet.

    Args:
        recipe: with its steps.
        places: where other studies are.

    Raises:
        CorpusError: naming a study that is not there, or not finished.
    """
    plain = places.runs / recipe.name
    to_come = {plain}
    for number, step in enumerate(recipe.compress, start=1):
        lessons = step.module.learns_from(step.config)
        for study in lessons.studies:
            if not {study, places.runs / study} & to_come:
                teachers.require(study, places.runs, lessons.seeds)
        to_come.add(plain / layout.step_name(number, step.name))


def compress(
    recipe: Recipe,
    prepared: Material,
    protocol: Protocol,
    folder: Path,
    places: Places,
    progress: Progress,
    *,
    processes: int | None = None,
) -> list[Path]:
    """Apply the steps of a recipe to trained runs, each step to what the one before left.

    Args:
        recipe: of the study.
        prepared: by `prepare`.
        protocol: the cut, by `train`.
        folder: of the study, its plain runs done.
        places: where features are cached.
        progress: told of features computed and runs done.
        processes: runs at once; None: one a core.

    Returns:
        The folder of each step, a study of its own: ``1-distill``, ``2-prune``, …

    Raises:
        LightspeechError: if a step refuses the runs, or a folder was made by other steps.
    """
    todo = _tasks(recipe, prepared, protocol, folder, places)
    folders: list[Path] = []
    for number, step in enumerate(recipe.compress, start=1):
        folders.append(open_step(recipe, folder, number))
        todo = tasks.of_step(todo, step, folders[-1])
        execution.execute(todo, processes=processes, progress=progress)
    return folders


def _tasks(
    recipe: Recipe, prepared: Material, protocol: Protocol, folder: Path, places: Places
) -> list[Task]:
    return tasks.of_study(
        recipe.run_config(),
        prepared.utterances,
        protocol,
        vocabulary=recipe.labels,
        seeds=recipe.seeds,
        folder=folder,
        cache=places.cache,
    )
