"""Trained runs, asked as they are: any front end, a teacher's too, reads the edited recordings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from lightspeech.errors import ConfigError
from lightspeech.explain.listeners import Sound
from lightspeech.frontends.contract import Frontend
from lightspeech.metrics import Floats
from lightspeech.training import answers as asking
from lightspeech.training import calibrate, networks
from lightspeech.training import run as runs
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig


@dataclass(frozen=True)
class OfRuns:
    """All seeds of one fold of a study, which have one front end.

    Attributes:
        runs: one a seed.
        front: of all, at the speed of the recording alone; what it loads stays loaded.
        networks: what answers of each run, as in a bundle.
    """

    runs: Sequence[Run]
    front: Frontend
    networks: Sequence[nn.Module]

    def answer(self, sound: Sound) -> Floats:
        """Answer each version of a ``sound``, see `Listener`; features are computed once.

        Returns:
            Probabilities, shape ``(seeds, versions, n_classes)``.
        """
        features = self.front.open(sound.utterances, sound.folder)
        counts = np.diff(features.window_offsets)
        batches = list(features.measure(np.arange(len(sound.versions))))
        over = self.runs[0].config.windows.over
        rows = []
        for run, network in zip(self.runs, self.networks, strict=True):
            logits = asking.answer(network, batches).logits.numpy()
            rows.append(calibrate.utterance_probabilities(logits, counts, run.temperature, over))
        return np.stack(rows).astype(np.float64)


def read(folders: Sequence[Path]) -> OfRuns:
    """Read the runs of a fold.

    Args:
        folders: one a seed.

    Raises:
        ConfigError: if they must know their speakers, whose other recordings are not edited.
        CorpusError: if one is not finished.
    """
    opened = [runs.read_run(folder) for folder in folders]
    cfg = opened[0].config
    if cfg.normalisation == "speaker":
        raise ConfigError(
            f"{folders[0].parent}: its models know their speakers by other recordings, which are "
            "not edited; name a study with normalisation: training"
        )
    networks_ = [networks.answering(run.config, run.network) for run in opened]
    front: Any = as_spoken(cfg).front  # a frozen dataclass, as all are
    return OfRuns(opened, _shared(front), networks_)


def as_spoken(cfg: RunConfig) -> RunConfig:
    """Leave out the copies of recordings that are heard in training alone.

    Args:
        cfg: what made a run.
    """
    return replace(cfg, augment=cfg.augment.without_copies())


@lru_cache(maxsize=4)
def _shared(front: Frontend) -> Frontend:
    """The same front end for equal ones: an encoder is loaded once, however many runs hear it."""
    return front
