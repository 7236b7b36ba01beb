"""A finished run: one fold, one seed, one folder with its weights and its answers."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar

import numpy as np
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from lightspeech.bundle import ClassNames
from lightspeech.config import build, config
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.files import read_json
from lightspeech.training import (
    layout,
)
from lightspeech.training.answers import Answers, answer
from lightspeech.training.networks import build_network
from lightspeech.training.task import RunConfig

T = TypeVar("T")


@config
class Outcome:
    """What a run found: all of its ``run.json`` that is not `RunConfig`."""

    labels: ClassNames
    """Class names, or names of ratings, in the order of the logits."""
    fold: Annotated[int, Field(ge=0)]
    seed: int
    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """Logits are divided by it."""
    threshold: Annotated[float, Field(ge=0, le=1)]
    """Top probability below which an answer is uncertain."""
    n_params: Annotated[int, Field(ge=0)] = 0
    """Of its network."""
    environment: dict[str, str] = field(default_factory=dict)
    """That made it; empty of a run of an earlier version, which did not say."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """A finished run, read back.

    Attributes:
        config: model, front end and training.
        labels: class names, in the order of the logits.
        fold: number of the fold.
        seed: of its training.
        temperature: logits are divided by it.
        thresholds: of each label, the top probability below which it is uncertain.
        network: with its weights, in evaluation mode.
    """

    config: RunConfig
    labels: tuple[str, ...]
    fold: int
    seed: int
    temperature: float
    thresholds: tuple[float, ...]
    network: nn.Module

    def answer(
        self, utterances: Sequence[Utterance], cache: Path, *, embeddings: bool = False
    ) -> Answers:
        """Ask the network about recordings, window by window.

        Args:
            utterances: with paths and hashes.
            cache: folder of cached features.
            embeddings: also give what its head reads.

        Returns:
            Logits, shape ``(windows, n_classes)``, not yet divided by the temperature, and
            embeddings, ``(windows, width)``, of all windows of all utterances in order.

        Raises:
            LightspeechError: see `contract.Frontend.open`.
        """
        inputs = self.config.front.open(utterances, cache)
        batches = inputs.measure(np.arange(len(utterances)))
        return answer(self.network, batches, embeddings=embeddings)


def read_run(folder: Path) -> Run:
    """Read a finished run; weights must fit the network exactly.

    Raises:
        CorpusError: if the folder holds no finished run.
        ConfigError: if its files are damaged or do not fit each other.
    """
    if not is_done(folder):
        raise CorpusError(f"{folder}: no finished run here; train it first")
    cfg, outcome = read_config(folder), read_outcome(folder)
    if cfg.ratings is None and len(outcome.labels) < 2:
        raise ConfigError(
            f"{folder / layout.RUN}: labels: expected two classes or more, found "
            f"{list(outcome.labels)}; train the run again"
        )
    network = build_network(cfg, len(outcome.labels))
    try:
        weights = load_file(folder / layout.WEIGHTS)
        _check_finite(weights)
        network.load_state_dict(weights, strict=True)
    except (OSError, RuntimeError, SafetensorError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"{folder}: damaged weights ({reason}); train the run again") from None
    return Run(
        config=cfg,
        labels=outcome.labels,
        fold=outcome.fold,
        seed=outcome.seed,
        temperature=outcome.temperature,
        thresholds=(outcome.threshold,) * len(outcome.labels),
        network=network.eval(),
    )


def _check_finite(weights: dict[str, Tensor]) -> None:
    for name, tensor in weights.items():
        if not tensor.isfinite().all():
            raise ValueError(f"{name} holds NaN or infinities")


def read_config(folder: Path) -> RunConfig:
    """Read what made a finished run.

    Raises:
        ConfigError: if it lacks a key, or has a value that cannot be.
    """
    return _read(RunConfig, folder)


def read_outcome(folder: Path) -> Outcome:
    """Read what a finished run found.

    Raises:
        ConfigError: if it lacks a key, or has a value that cannot be.
    """
    return _read(Outcome, folder)


def _read(cls: type[T], folder: Path) -> T:
    """Read one half of ``run.json``: the keys of `RunConfig`, or all others."""
    path = folder / layout.RUN
    values = read_json(path, error=ConfigError, remedy="train the run again")
    of_config = {field.name for field in dataclasses.fields(RunConfig)}
    half = {key: item for key, item in values.items() if (key in of_config) == (cls is RunConfig)}
    return build(cls, half, source=str(path))


def is_done(folder: Path) -> bool:
    """Tell whether a run is complete: its answers are written last."""
    return (folder / layout.ANSWERS).exists()
