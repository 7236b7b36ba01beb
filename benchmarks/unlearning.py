"""How well a straight line tells speakers apart in what the head of a network reads.

What a reversed gradient is to take away: from the folder that holds ``runs/`` and ``cache/``,
``python benchmarks/unlearning.py runs/ravdess_micro_short runs/ravdess_micro_adversarial``. The
probe is fitted to and asked about speakers of the training part, each half the utterances of each.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lightspeech.files import write_json
from lightspeech.studies.study import Study, read_study
from lightspeech.training.run import read_run


def readable(study: Study, name: str, cache: Path) -> tuple[float, int]:
    """Probe a run of a ``study`` by its ``name``: how often it is right, how many speakers."""
    run = read_run(study.folder / name)
    train = {*study.protocol.splits[run.fold].train}
    utterances = [utterance for utterance in study.utterances if utterance.id in train]
    embeddings = run.answer(utterances, cache, embeddings=True).embeddings
    assert embeddings is not None
    counts = np.diff(run.config.front.open(utterances, cache).window_offsets)
    first = np.cumsum([0, *counts[:-1]])
    means = np.add.reduceat(embeddings.numpy(), first) / counts[:, None]
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    speakers = [utterance.speaker for utterance in utterances]
    halves = StratifiedKFold(2, shuffle=True, random_state=0)
    return float(cross_val_score(probe, means, speakers, cv=halves).mean()), len({*speakers})


def measured(folder: Path, cache: Path) -> dict[str, Any]:
    """Probe every run of the study in a ``folder``, features of which are in ``cache``."""
    study = read_study(folder)
    of_runs = [readable(study, name, cache) for name in study.run_names]
    return {
        "right": round(float(np.mean([right for right, _ in of_runs])), 4),
        "chance": round(float(np.mean([1 / n for _, n in of_runs])), 4),
        "runs": len(of_runs),
    }


def main() -> None:
    """Probe the studies named on the command line and write the file of results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("studies", type=Path, nargs="+")
    parser.add_argument("--cache", type=Path, default=Path("cache"))
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks/unlearning.json"))
    arguments = parser.parse_args()
    probed = {folder.name: measured(folder, arguments.cache) for folder in arguments.studies}
    write_json(arguments.output, probed)


if __name__ == "__main__":
    main()
