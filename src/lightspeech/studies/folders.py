"""The folder of a study and of its steps: begun, taken up again, or refused."""

import dataclasses
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from lightspeech import plain_yaml
from lightspeech.config import Choice, as_dict, build
from lightspeech.errors import ConfigError, OutputError
from lightspeech.files import read_text, write_text
from lightspeech.studies import recipe as recipes
from lightspeech.studies.recipe import Recipe
from lightspeech.training import layout


@dataclasses.dataclass(frozen=True, kw_only=True)
class Places:
    """Folders that a study reads and writes, below the working folder."""

    runs: Path = Path("runs")
    bundles: Path = Path("bundles")
    cache: Path = Path("cache")


def find_folder(recipe: Recipe, places: Places, *, resume: bool, fresh: bool) -> Path:
    """Say which folder a study will have, and refuse one that is in its way; change nothing.

    A folder in which nothing was trained yet, as a start that failed leaves it, is in nobody's way.

    Args:
        recipe: names the study.
        places: the folder is below ``runs``.
        resume: take up a folder that the same recipe made, its steps left out; seeds may be added.
        fresh: throw away a study that is there.

    Raises:
        OutputError: if a study of that name is there and neither flag says what to do with it, or
            something else is.
        ConfigError: if it is to be resumed but another recipe made it.
    """
    folder = places.runs / recipe.name
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise OutputError(f"{folder} is no folder; move it away, or change the study's name")
    if not _is_begun(folder):
        return folder
    if not (folder / layout.RECIPE).exists():
        raise OutputError(
            f"{folder} holds no {layout.RECIPE}, so it is no study; move it away, or change the "
            "study's name"
        )
    if fresh:
        return folder
    if not resume:
        raise OutputError(f"{folder} is there already; add --resume or --fresh (start anew)")
    if not _goes_on(recipe, recipes.read(folder / layout.RECIPE, [])):
        raise ConfigError(f"{folder} was made by another recipe; change its name, or add --fresh")
    return folder


def begin(recipe: Recipe, places: Places, *, resume: bool, fresh: bool) -> Path:
    """Make the folder of a study, or take up the one that is there.

    Args:
        recipe: names the study.
        places: as in `find_folder`.
        resume: as in `find_folder`.
        fresh: as in `find_folder`.

    Returns:
        The folder, with the recipe in it.

    Raises:
        LightspeechError: as `find_folder`.
    """
    folder = find_folder(recipe, places, resume=resume, fresh=fresh)
    if folder.exists() and (fresh or not _is_begun(folder)):
        _empty(folder)
    text = yaml.safe_dump(as_dict(recipe), sort_keys=False, allow_unicode=True)
    write_text(folder / layout.RECIPE, text)
    return folder


def _is_begun(folder: Path) -> bool:
    """Whether a folder holds more than a start leaves: the recipe, the manifest, half a file."""
    names = [path.name for path in folder.iterdir()] if folder.exists() else []
    return any(n not in (layout.RECIPE, layout.MANIFEST) and not n.startswith(".") for n in names)


def _empty(folder: Path) -> None:
    """Remove what is in a folder, which may be a link; the recipe, which makes it a study, last."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name == layout.RECIPE):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _goes_on(recipe: Recipe, begun: Recipe) -> bool:
    """Whether a recipe is that of a study, and perhaps more: steps and seeds may be added to it."""
    plain = dataclasses.replace(begun, compress=(), seeds=recipe.seeds)
    return dataclasses.replace(recipe, compress=()) == plain and {*begun.seeds} <= {*recipe.seeds}


def open_step(recipe: Recipe, folder: Path, number: int) -> Path:
    """Make the folder of a step, or take up the one that is there.

    Args:
        recipe: with its steps.
        folder: of the study.
        number: of the step, from 1.

    Raises:
        ConfigError: if other steps made it.
        OutputError: if it cannot be written.
    """
    steps = [step.as_dict() for step in recipe.compress[:number]]
    of_step = folder / layout.step_name(number, recipe.compress[number - 1].name)
    text = yaml.safe_dump(steps, sort_keys=False, allow_unicode=True)
    file = of_step / layout.STEPS
    if not file.exists():
        write_text(file, text)
    elif not _are(recipe.compress[:number], _read_steps(file)):
        raise ConfigError(
            f"{of_step} was made by other steps; delete it, or change the study's name"
        )
    return of_step


def _read_steps(file: Path) -> list[Any]:
    """Read the steps that made a folder."""
    try:
        steps = plain_yaml.load(read_text(file))
        if not isinstance(steps, list):
            raise ValueError("expected a list of steps")
    except ValueError as error:
        raise ConfigError(f"{file}: {error}; delete the folder {file.parent}") from None
    return steps


def _are(steps: Sequence[Choice], kept: list[Any]) -> bool:
    """Compare steps with those that made a folder; what these did not know was at its default."""
    return len(steps) == len(kept) and all(map(_is, steps, kept))


def _is(step: Choice, kept: Any) -> bool:
    if not isinstance(kept, dict) or kept.get("name") != step.name:
        return False
    settings = {key: item for key, item in kept.items() if key != "name"}
    try:
        return bool(build(type(step.config), settings) == step.config)
    except ConfigError:
        return False
