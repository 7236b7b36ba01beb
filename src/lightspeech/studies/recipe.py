"""A recipe: one YAML says all that makes one reproducible study."""

import dataclasses
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from lightspeech import bounds
from lightspeech.audio.windows import Windows
from lightspeech.config import (
    Choice,
    Name,
    PlainName,
    as_dict,
    build,
    choice_of,
    config,
    override,
    plugin,
    read_yaml,
)
from lightspeech.corpora.labels import OWN, VOCABULARIES
from lightspeech.errors import ConfigError
from lightspeech.frontends.augment import Augment
from lightspeech.studies.space import Search
from lightspeech.training.loop import Training
from lightspeech.training.ratings import Ratings
from lightspeech.training.task import RunConfig

FRONTENDS = "lightspeech.frontends"
RATED = ("adversarial", "multi_task")
"""Objectives that need no classes."""


@config
class Recipe:
    """Everything that makes a study."""

    name: PlainName
    """Of its folder below ``runs/`` and of its bundle below ``bundles/``."""
    corpora: tuple[Annotated[Choice, plugin("lightspeech.corpora")], ...]
    """One or several; ``corpus: x`` in a file is short for one."""
    labels: str = "own"
    """Vocabulary: ``own``, ``common4``, …; several corpora need a common one."""
    map: dict[Name, Name] = dataclasses.field(default_factory=dict)
    """Label to take by the label that recordings have, ``{Wut: angry}``, in any case; an empty one
    leaves them out."""
    ratings: Ratings | None = None
    """What listeners rated, told as numbers in place of labels, ``{of: [arousal, valence]}``."""
    protocol: Annotated[Choice, plugin("lightspeech.protocols")]
    seeds: tuple[bounds.Seed, ...] = (0,)
    model: Annotated[Choice, plugin("lightspeech.models")]
    frontend: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Differences from the front end that the model's module states; with another ``name``, from
    what that one is by itself."""
    windows: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Differences from the windows that the model's module states."""
    normalisation: Literal["training", "speaker"] = "training"
    """``speaker``: by each speaker's own unlabelled speech; figures say *known speaker*."""
    augment: Augment = Augment()
    training: Training = Training()
    init: str | None = None
    """Bundle to begin with, such as ``micro`` of the package: its weights but for the head, which
    is kept where the classes are the same; null: fresh weights."""
    compress: tuple[Annotated[Choice, plugin("lightspeech.compression")], ...] = ()
    """Steps, each from the run that the one before left: distill, prune, quantize."""
    search: Search | None = None
    """What ``lightspeech search`` may change; all else leaves it alone."""

    def __post_init__(self) -> None:
        """Refuse no seed, and a step on weights that are int8 already."""
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise ConfigError(f"seeds must be distinct, at least one, found {self.seeds}")
        if not self.corpora or (len(self.corpora) > 1 and self.labels == OWN):
            names = [corpus.name for corpus in self.corpora]
            raise ConfigError(
                f"corpora must be one, or several under common labels, found {names} with labels "
                f"{self.labels!r}; set labels to one of {list(VOCABULARIES)}"
            )
        if self.labels not in (OWN, *VOCABULARIES):
            raise ConfigError(
                f"labels must be one of {[OWN, *VOCABULARIES]}, found {self.labels!r}"
            )
        if self.ratings is not None:
            self._check_ratings()
        for step, after in pairwise(self.compress):
            if step.module.FINAL and after.module.FINAL:
                raise ConfigError(
                    f"compress: {step.name} and {after.name} each end a chain; leave one of them "
                    f"out, found {[each.name for each in self.compress]}"
                )
            if step.module.FINAL:
                raise ConfigError(
                    f"compress: {after.name} after {step.name} cannot be, nothing goes on from it; "
                    f"found {[each.name for each in self.compress]}; put {step.name} last"
                )

    def _check_ratings(self) -> None:
        """Refuse what is of classes alone."""
        of_classes = {
            "labels": self.labels != OWN,
            "map": bool(self.map),
            "several corpora, each with a scale of its own,": len(self.corpora) > 1,
            "compress": bool(self.compress),
            "search": self.search is not None,
            "training.loss": self.training.loss.name != "cross_entropy",
            "training.balance": self.training.balance != "none",
            **{f"objective {o.name}": o.name not in RATED for o in self.training.objectives},
        }
        if wrong := [what for what, is_so in of_classes.items() if is_so]:
            raise ConfigError(
                f"ratings are told in place of classes, and {wrong[0]} is of classes; leave one of "
                "the two out"
            )

    def run_config(self) -> RunConfig:
        """Fill in what the model's module states.

        Raises:
            ConfigError: if a difference is unknown or cannot be.
        """
        module = self.model.module
        windows = {**as_dict(module.WINDOWS), **self.windows}
        return RunConfig(
            model=self.model,
            frontend=self._frontend(),
            windows=build(Windows, windows, source="windows"),
            normalisation=self.normalisation,
            augment=self.augment,
            training=self.training,
            init=self.init,
            ratings=self.ratings,
        )

    def _frontend(self) -> Choice:
        """Fill in what the model's module states, where the recipe takes its front end."""
        stated = choice_of(FRONTENDS, self.model.module.FRONTEND)
        name = self.frontend.get("name", stated.name)
        values = {**stated.as_dict(), **self.frontend} if name == stated.name else self.frontend
        return build(_Frontend, {"frontend": values}, source=str(self.name)).frontend


@config
class _Frontend:
    frontend: Annotated[Choice, plugin(FRONTENDS)]


def read(path: Path, assignments: list[str]) -> Recipe:
    """Read a recipe, with ``key.subkey=value`` overrides, and check all of it.

    Args:
        path: of a YAML file.
        assignments: the overrides, the last of a key counts.

    Raises:
        ConfigError: naming every fault.
    """
    values = override(read_yaml(path), assignments)
    if "corpus" in values and "corpora" in values:
        raise ConfigError(f"{path}: found both corpus and corpora; name all under corpora")
    if "corpus" in values:
        values["corpora"] = [values.pop("corpus")]
    if "encoder" in values:
        raise ConfigError(
            f"{path}: an encoder is a front end; write frontend: {{name: encoder, source: …}} or, "
            "of an encoder that `lightspeech shrink` made, name: small_encoder"
        )
    recipe = build(Recipe, values, source=str(path))
    plain = recipe.run_config()
    for step in recipe.compress:
        step.module.check(plain)
    return recipe
