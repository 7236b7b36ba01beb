"""A trained study, or a step of it, read back from its folder."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from lightspeech.config import Choice, as_dict
from lightspeech.corpora import manifest
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.protocols.base import Protocol
from lightspeech.studies import recipe as recipes
from lightspeech.studies.recipe import Recipe
from lightspeech.training import layout


@dataclasses.dataclass(frozen=True, kw_only=True)
class Study:
    """A trained study, or a step of it, read back from its folder."""

    folder: Path
    recipe: Recipe
    utterances: list[Utterance]
    protocol: Protocol
    steps: tuple[Choice, ...] = ()
    """That made its runs of the plain ones."""
    called: str | None = None
    """Its bundle, where not by the names of recipe and step."""

    @property
    def name(self) -> str:
        """Of its bundle: the recipe's, and the last step's folder."""
        by_recipe = f"{self.recipe.name}-{self.folder.name}" if self.steps else self.recipe.name
        return self.called or by_recipe

    @property
    def scheme(self) -> str:
        """Of its figures: by the last step, and by what stands before the network."""
        before = self.recipe.run_config().front.scheme
        if not self.steps:
            return before
        step = str(self.steps[-1].module.SCHEME)
        return step if before == "fp32" else f"{step}-{before}"

    @property
    def recipe_sha256(self) -> str:
        """Of all that its recipe says, the steps up to this one; not of where recordings lie.

        What it says nothing of does not count, so that a field that a later version adds changes
        no hash.
        """
        made_by = as_dict(dataclasses.replace(self.recipe, compress=self.steps))
        corpora = [{**corpus, "root": None} for corpus in made_by["corpora"]]
        text = json.dumps(_said({**made_by, "corpora": corpora}), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def is_tested(self) -> bool:
        """Whether there are figures: a model to be shipped is tested on nobody."""
        return any(split.test for split in self.protocol.splits)

    @property
    def run_names(self) -> list[str]:
        """Folder names of all runs; the first is fold 0 and the first seed."""
        folds = range(len(self.protocol.splits))
        return [layout.run_name(fold, seed) for seed in self.recipe.seeds for fold in folds]


def _said(value: Any) -> Any:
    """Leave out, at any depth, what is null."""
    if isinstance(value, dict):
        return {name: _said(each) for name, each in value.items() if each is not None}
    return [_said(each) for each in value] if isinstance(value, list | tuple) else value


def read_study(folder: Path, *, rated: bool = False) -> Study:
    """Read back what `train` left, or `compress` in the folder of a step.

    Args:
        folder: of the study.
        rated: take a study that tells ratings in place of classes, too.

    Raises:
        ConfigError: if the folder holds no recipe, it is damaged, or it tells ratings.
        CorpusError: if the manifest is not there, or damaged.
    """
    study_folder = layout.study_of(folder)
    recipe = recipes.read(study_folder / layout.RECIPE, [])
    if recipe.ratings is not None and not rated:
        raise ConfigError(
            f"{folder} tells {', '.join(recipe.ratings.of)} and no classes; for such a study there "
            "are lightspeech train, run, evaluate, export, and predict with its bundle"
        )
    utterances = manifest.read(study_folder / layout.MANIFEST, need_audio=False)
    return Study(
        folder=folder,
        recipe=recipe,
        utterances=utterances,
        protocol=recipe.protocol.module.cut(utterances, recipe.protocol.config),
        steps=recipe.compress[: layout.step_number(folder)],
    )
