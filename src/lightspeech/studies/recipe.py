"""A recipe: one YAML says all that makes one reproducible study."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any, Literal

from lightspeech.audio.frontend import FrontEnd
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, as_dict, build, config, override, plugin, read_yaml
from lightspeech.errors import ConfigError
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.encoder import Encoder
from lightspeech.labels import OWN, VOCABULARIES
from lightspeech.studies.space import Search
from lightspeech.training.loop import Training
from lightspeech.training.task import RunConfig

LAST = "quantize"
"""The step that no other can follow."""


@config
class Recipe:
    """Everything that makes a study."""

    name: str
    """Of its folder below ``runs/`` and of its bundle below ``bundles/``."""
    corpora: tuple[Annotated[Choice, plugin("lightspeech.corpora")], ...]
    """One or several; ``corpus: x`` in a file is short for one."""
    labels: str = "own"
    """Vocabulary: ``own``, ``common4``, …; several corpora need a common one."""
    protocol: Annotated[Choice, plugin("lightspeech.protocols")]
    seeds: tuple[int, ...] = (0,)
    model: Annotated[Choice, plugin("lightspeech.models")]
    frontend: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Differences from the front end that the model's module states."""
    windows: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Differences from the windows that the model's module states."""
    encoder: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Differences from the encoder that the model's module states, where it hears one."""
    normalisation: Literal["training", "speaker"] = "training"
    """``speaker``: by each speaker's own unlabelled speech; figures say *known speaker*."""
    augment: Augment = Augment()
    training: Training = Training()
    compress: tuple[Annotated[Choice, plugin("lightspeech.compression")], ...] = ()
    """Steps, each from the run that the one before left: distill, prune, quantize."""
    search: Search | None = None
    """What ``lightspeech search`` may change; all else leaves it alone."""

    def __post_init__(self) -> None:
        """Refuse a name that is no folder, no seed, and a step on weights that are int8 already."""
        if not self.name or Path(self.name).name != self.name or self.name.startswith("."):
            raise ConfigError(f"name must be a plain folder name, found {self.name!r}")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise ConfigError(f"seeds must be distinct, at least one, found {self.seeds}")
        if not self.corpora or (len(self.corpora) > 1 and self.labels == OWN):
            names = [corpus.name for corpus in self.corpora]
            raise ConfigError(
                f"corpora must be one, or several under common labels, found {names} with labels "
                f"{self.labels!r}; set labels to one of {list(VOCABULARIES)}"
            )
        steps = [step.name for step in self.compress]
        if LAST in steps[:-1]:
            after = steps[steps.index(LAST) + 1]
            raise ConfigError(
                f"compress: {after} after {LAST} cannot be, int8 weights are final; "
                f"found {steps}; put {LAST} last"
            )

    def run_config(self) -> RunConfig:
        """Fill in what the model's module states.

        Raises:
            ConfigError: if a difference is unknown or cannot be.
        """
        module = self.model.module
        front = {**as_dict(module.FRONTEND), **self.frontend}
        windows = {**as_dict(module.WINDOWS), **self.windows}
        return RunConfig(
            model=self.model,
            frontend=build(FrontEnd, front, source="frontend"),
            windows=build(Windows, windows, source="windows"),
            encoder=self._encoder(),
            normalisation=self.normalisation,
            augment=self.augment,
            training=self.training,
        )

    def _encoder(self) -> Encoder | None:
        stated: Encoder | None = getattr(self.model.module, "ENCODER", None)
        if stated is not None:
            return build(Encoder, {**as_dict(stated), **self.encoder}, source="encoder")
        if self.encoder:
            raise ConfigError(
                f"model {self.model.name!r} hears a front end, found encoder {self.encoder}; "
                "leave encoder out, or take model.name=whisper"
            )
        return None


def read(path: Path, assignments: list[str]) -> Recipe:
    """Read a recipe, with ``key.subkey=value`` overrides, and check all of it.

    Raises:
        ConfigError: naming every fault.
    """
    values = override(read_yaml(path), assignments)
    if "corpus" in values and "corpora" in values:
        raise ConfigError(f"{path}: found both corpus and corpora; name all under corpora")
    if "corpus" in values:
        values["corpora"] = [values.pop("corpus")]
    recipe = build(Recipe, values, source=str(path))
    recipe.run_config()
    for step in recipe.compress:
        if check := getattr(step.module, "check", None):
            check(recipe.model)
    return recipe
