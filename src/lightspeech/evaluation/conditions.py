"""A study on disk: ``study.json`` says what it is, ``fold*-seed*/test.csv`` what models said."""

import os
from dataclasses import field
from pathlib import Path
from typing import TypeVar

from lightspeech import config
from lightspeech.config import PlainName
from lightspeech.environment import environment
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.training import layout, predictions
from lightspeech.training.predictions import Predictions

T = TypeVar("T")
FILE = layout.CONDITIONS
FLOATS = "fp32"
"""The scheme that goes unsaid in names of models and files."""
CORPUS = "corpus"
"""`Conditions.unit` where whole corpora are left out."""
WHOLE = (CORPUS, "language")
"""`Conditions.unit` where no corpus is on both sides."""
KNOWN_SPEAKER = "known speaker"
"""What `Conditions.normalisation` begins with where it is by the tested speakers' own speech."""


def is_int8(scheme: str) -> bool:
    """Say whether weights are whole numbers of eight bits.

    Args:
        scheme: as results carry it, such as ``distilled-int8``.
    """
    return scheme.endswith("int8")


def cross(n_corpora: int, *, taught: int | None = None) -> str:
    """Say what figures call ``n_corpora`` corpora where each is left out once.

    Args:
        n_corpora: that are tested.
        taught: how many of them others may learn from; null: all.

    Example:
        >>> cross(3), cross(6, taught=3)
        ('cross3', 'cross6by3')
    """
    few = taught is not None and taught < n_corpora
    return f"cross{n_corpora}by{taught}" if few else f"cross{n_corpora}"


@config.config
class Conditions:
    """What must be said beside every figure."""

    corpus: PlainName
    protocol: PlainName
    unit: str
    """What train and test do not share: ``speaker``, ``session``, … """
    selection: str
    """What the selection set is, in words; never the test set."""
    normalisation: str
    """Whose statistics features are normalised with, in words."""
    leaky: bool
    """True where training knew the test units: such figures say nothing about strangers."""
    model: PlainName
    scheme: PlainName
    """Number format of the weights: ``fp32``, ``int8``, …"""
    n_params: int
    size_bytes: int
    macs: int | None = None
    """Multiply-accumulates of one window; null where nobody counted."""
    recipe: str
    labels: tuple[str, ...]
    """Of the classes, or of the ratings where there is a scale."""
    scale: tuple[float, float] | None = None
    """Lowest and highest of what is rated; null: classes are told apart."""
    text_seen: float | None = None
    """Share of the tested whose sentence was in training, for a model that reads text, which may
    know these by heart; null: it hears alone."""
    sources: tuple[str, ...] = ()
    """Of each fold, the one corpus or language it learnt from, see `protocols.base.Protocol`."""
    data_sha256: str | None = None
    """Of the recordings of the study, see `corpora.manifest.digest`; null where nobody said."""
    recipe_sha256: str | None = None
    """Of its recipe, see `studies.study.Study`; null where nobody said."""
    environment: dict[str, str] = field(default_factory=environment)
    """That of the training, of runs that say so; else that of the measurement."""

    @property
    def system(self) -> str:
        """The model with its scheme, unless these are floats."""
        return self.model if self.scheme == FLOATS else f"{self.model} {self.scheme}"

    @property
    def of_transfer(self) -> bool:
        """Whether it asks what a language or a corpus teaches: no figure to compare models by."""
        return bool(self.sources) or self.unit == "language"

    @property
    def of_strangers(self) -> bool:
        """Whether the model neither learnt from the tested speakers nor was told about them."""
        return not self.leaky and not self.normalisation.startswith(KNOWN_SPEAKER)


def read(folder: Path) -> tuple[Conditions, list[Predictions]]:
    """Read a study and the answers of all its runs, by fold and seed.

    Raises:
        CorpusError: if this is no study, or a run in it is not finished.
        ConfigError: if ``study.json`` lacks a key, or has one it should not have, or if the study
            tells ratings.
    """
    study, files = read_finished(folder)
    if study.scale is not None:
        raise ConfigError(
            f"{folder} tells {', '.join(study.labels)} and no classes; its figures: lightspeech "
            f"evaluate {folder}"
        )
    return study, [predictions.read(file) for file in files]


def read_finished(folder: Path) -> tuple[Conditions, list[Path]]:
    """Read what is said of a study, and find the answers of all its runs, by fold and seed.

    Raises:
        CorpusError: if this is no study, or a run in it is not finished.
        ConfigError: if ``study.json`` lacks a key, or has one it should not have.
    """
    if not os.path.isfile(folder / FILE):
        raise CorpusError(f"{folder}: {_what_it_is(folder)}")
    study = config.read_json(Conditions, folder / FILE)
    runs = layout.runs(folder)
    unfinished = [run.name for run in runs if not (run / layout.ANSWERS).is_file()]
    if unfinished or not runs:
        lacking = f"{unfinished[0]} has no {layout.ANSWERS}" if unfinished else "it holds no runs"
        raise CorpusError(f"{folder}: the study is not finished ({lacking}); run its recipe again")
    return study, [run / layout.ANSWERS for run in runs]


def _what_it_is(folder: Path) -> str:
    """Say what a folder without ``study.json`` is, and what to type."""
    if not os.path.isdir(folder):
        return "no such folder; check the path, or train: lightspeech run recipes/demo.yaml"
    if (folder / layout.RUN).is_file():
        return f"one run of a study; name the study itself: {folder.parent}"
    answers = [run / layout.ANSWERS for run in layout.runs(folder)]
    if any(path.is_file() and path.read_bytes().count(b"\n") == 1 for path in answers):
        return "tests nobody, so it has no figures; name a study whose protocol tests"
    if (folder / layout.RECIPE).is_file():
        return f"a study without figures yet; type: lightspeech evaluate {folder}"
    return "no study; name one, such as runs/NAME, or train: lightspeech run recipes/demo.yaml"


def read_folder(cls: type[T], folder: Path) -> dict[Path, T]:
    """Read every JSON file of a folder, by path; none where there is no such folder.

    Args:
        cls: config class that each file holds, every field checked.
        folder: of the files.

    Raises:
        CorpusError: if a file holds no JSON object.
        ConfigError: if one does not hold what it should.
    """
    paths = sorted(folder.glob("*.json"))
    return {path: config.read_json(cls, path) for path in paths}
