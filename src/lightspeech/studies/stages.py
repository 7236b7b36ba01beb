"""The stages of a study, in order: begin, prepare, train, compress.

Each reads what the one before left in the folder of the study, so any can be run again alone.
"""

import dataclasses
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from lightspeech import plain_yaml
from lightspeech.config import Choice, as_dict, build
from lightspeech.corpora import labels, manifest
from lightspeech.corpora.base import Rejected, Utterance
from lightspeech.errors import ConfigError, CorpusError, OutputError
from lightspeech.files import read_text, write_text
from lightspeech.models import building
from lightspeech.progress import Progress
from lightspeech.protocols.base import Protocol
from lightspeech.studies import execution, tasks
from lightspeech.studies import recipe as recipes
from lightspeech.studies.recipe import Recipe
from lightspeech.training import initial, layout, teachers
from lightspeech.training.objective import check_mixing
from lightspeech.training.task import Task


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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Material:
    """What a study is made of: all that its vocabulary has in all its corpora.

    Attributes:
        utterances: in the order of the corpora.
        notices: what takes no part, and what to do about it, in words.
    """

    utterances: list[Utterance]
    notices: tuple[str, ...] = ()


def prepare(recipe: Recipe, folder: Path, *, progress: Progress) -> Material:
    """Read the corpora of a study, and write its manifest.

    Args:
        recipe: names corpora and vocabulary.
        folder: of the study.
        progress: told of every file decoded.

    Raises:
        CorpusError: as `read_corpora` and `write_manifest`.
    """
    material = read_corpora(recipe, progress=progress)
    write_manifest(material, folder)
    return material


def read_corpora(recipe: Recipe, *, progress: Progress) -> Material:
    """List and decode the corpora of a study, and keep what its vocabulary has.

    Args:
        recipe: names corpora, how their labels are mapped, and the vocabulary.
        progress: told of every file decoded.

    Raises:
        ConfigError: if no recording has a label that is to be mapped.
        CorpusError: if a corpus is not there, two share a recording, or too little is left.
    """
    prepared = [manifest.prepare(choice, progress=progress) for choice in recipe.corpora]
    found = [utterance for corpus in prepared for utterance in corpus.utterances]
    utterances = labels.relabel(found, recipe.map)
    sure = labels.uncontradicted(utterances)
    kept = (
        recipe.ratings.rated(sure) if recipe.ratings else tasks.in_vocabulary(sure, recipe.labels)
    )
    if twice := [name for name, n in Counter(u.id for u in kept).items() if n > 1]:
        raise CorpusError(f"{twice[0]!r} is in two of the corpora; leave one of them out")
    rejected = [each for corpus in prepared for each in corpus.rejected]
    known = {u.id for u in sure}
    doubtful = [u for u in utterances if u.id not in known]
    notices = _notices(sure, kept, rejected, doubtful, recipe)
    return Material(utterances=kept, notices=tuple(notices))


def _notices(
    utterances: list[Utterance],
    kept: list[Utterance],
    rejected: list[Rejected],
    doubtful: list[Utterance],
    recipe: Recipe,
) -> Iterator[str]:
    """Say what of the recordings takes no part in a study."""
    if doubtful:
        yield (
            f"left out {len(doubtful)} recordings that are one sound under two labels, "
            f"first {doubtful[0].id}"
        )
    if rejected:
        first = rejected[0]
        yield f"left out {len(rejected)} files, first {first.path}: {first.reason}"
    if recipe.ratings is not None and len(kept) < len(utterances):
        yield f"left out {len(utterances) - len(kept)} recordings that lack a rating"
    elif len(kept) < len(utterances):
        ids = {utterance.id for utterance in kept}
        strange = [u.emotion for u in utterances if u.id not in ids]
        yield labels.left_out(strange, len(utterances), labels.VOCABULARIES[recipe.labels])


def write_manifest(material: Material, folder: Path) -> None:
    """Write the manifest of a study that begins, or compare it with what is there now.

    Args:
        material: of `read_corpora`.
        folder: of the study.

    Raises:
        CorpusError: if the study was begun with other recordings, speakers or labels.
    """
    path, kept = folder / layout.MANIFEST, material.utterances
    if path.exists() and _content(manifest.read(path, need_audio=False)) != _content(kept):
        raise CorpusError(
            f"{path} lists other recordings, speakers or labels than there are now; bring them "
            "back, or add --fresh (start anew)"
        )
    manifest.write(kept, path)


def _content(utterances: list[Utterance]) -> list[tuple[str, str, str, str]]:
    return [(u.id, *manifest.identity(u)) for u in utterances]


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
        for study in step.module.learns_from(step.config).studies:
            if not {study, places.runs / study} & to_come:
                teachers.require(study, places.runs)
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
        folders.append(_open_step(recipe, folder, number))
        todo = tasks.of_step(todo, step, folders[-1])
        execution.execute(todo, processes=processes, progress=progress)
    return folders


def _open_step(recipe: Recipe, folder: Path, number: int) -> Path:
    """Make the folder of a step, or take up the one that is there."""
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
