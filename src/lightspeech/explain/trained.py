"""Trained runs, asked as they are: any front end, a teacher's too, reads the edited recordings."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lightspeech.errors import ConfigError
from lightspeech.explain.listeners import Sound
from lightspeech.metrics import Floats
from lightspeech.training import answers as asking
from lightspeech.training import calibrate, networks
from lightspeech.training import run as runs
from lightspeech.training.run import Run


@dataclass(frozen=True)
class OfRuns:
    """All seeds of one fold of a study, which have one front end.

    Attributes:
        runs: one a seed.
    """

    runs: Sequence[Run]

    def answer(self, sound: Sound) -> Floats:
        """Answer each version of a ``sound``, see `Listener`; features are computed once.

        Returns:
            Probabilities, shape ``(seeds, versions, n_classes)``.
        """
        cfg = self.runs[0].config
        features = cfg.front.open(sound.utterances, sound.folder)
        counts = np.diff(features.window_offsets)
        batches = list(features.measure(np.arange(len(sound.versions))))
        rows = []
        for run in self.runs:
            network = networks.answering(cfg, run.network)
            logits = asking.answer(network, batches).logits.numpy()
            over = cfg.windows.over
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
    if opened[0].config.normalisation == "speaker":
        raise ConfigError(
            f"{folders[0].parent}: its models know their speakers by other recordings, which are "
            "not edited; name a study with normalisation: training"
        )
    return OfRuns(opened)
