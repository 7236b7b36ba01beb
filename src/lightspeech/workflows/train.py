"""From a recipe to a trained study: open its folder, prepare, train, and compress if asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lightspeech.progress import Progress
from lightspeech.studies import final, folders, material, stages
from lightspeech.studies import recipe as recipes
from lightspeech.studies.folders import Places
from lightspeech.studies.material import Material
from lightspeech.studies.recipe import Recipe
from lightspeech.studies.study import Study, read_study
from lightspeech.training import layout


def _nobody(_line: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A recipe, and how to go about it.

    Attributes:
        recipe: YAML file.
        overrides: changes to it, such as ``training.epochs=20``.
        resume: go on with a folder that is there.
        fresh: throw a folder away that is there.
        processes: runs at once; None: one a core.
        places: folders that are read and written.
        names: class of a label, beside those that the recipe maps.
        notice: told in words what takes no part.
        final: learn from everyone and test nobody, in a study of its own, whose name says so.
    """

    recipe: Path
    overrides: Sequence[str] = ()
    resume: bool = False
    fresh: bool = False
    processes: int | None = None
    places: Places = Places()
    names: Mapping[str, str] = field(default_factory=dict)
    notice: Callable[[str], None] = _nobody
    final: bool = False

    def read(self) -> Recipe:
        """Read the recipe with its overrides.

        Raises:
            ConfigError: naming every fault.
        """
        recipe = recipes.read(self.recipe, list(self.overrides))
        recipe = replace(recipe, map={**recipe.map, **self.names})
        return final.of(recipe) if self.final else recipe


def train(job: Job, progress: Progress, *, steps: bool = False) -> Study:
    """Prepare and train a recipe, every fold and seed.

    Args:
        job: what is to be trained.
        progress: told of recordings, features, epochs.
        steps: apply the recipe's compression steps too, one after the other.

    Returns:
        The study of the plain runs; those of the steps are in folders below its own.

    Raises:
        LightspeechError: if the recipe, the corpus or the cut cannot be, or a folder is in the way.
    """
    recipe = job.read()
    stages.check_model(recipe)
    if steps:
        stages.check_steps(recipe, job.places)
    folder, prepared = open_study(recipe, job, progress)
    where = (folder, job.places, progress)
    protocol = stages.train(recipe, prepared, *where, processes=job.processes)
    if steps:
        stages.compress(recipe, prepared, protocol, *where, processes=job.processes)
    return read_study(folder, rated=True)


def open_study(recipe: Recipe, job: Job, progress: Progress) -> tuple[Path, Material]:
    """Read and check all that a study is made of; only then make its folder, or empty it.

    So a start that fails neither costs an earlier study nor stands in the way of the next.

    Args:
        recipe: of the study.
        job: says what to do with a folder that is there.
        progress: told of recordings.

    Returns:
        The folder, with recipe and manifest, and what is in the manifest.

    Raises:
        LightspeechError: if the corpus or the cut cannot be, or a folder is in the way.
    """
    folders.find_folder(recipe, job.places, resume=job.resume, fresh=job.fresh)
    prepared = material.read_corpora(recipe, progress=progress)
    for line in prepared.notices:
        job.notice(line)
    stages.check_cut(recipe, prepared, job.places)
    folder = folders.begin(recipe, job.places, resume=job.resume, fresh=job.fresh)
    material.write_manifest(prepared, folder)
    return folder, prepared


def last_study(study: Study) -> Study:
    """Give what the last of the steps made that are done, else the study itself."""
    steps = sorted(study.folder.glob(f"*/{layout.STEPS}"))
    return read_study(steps[-1].parent) if steps else study
