import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lightspeech import config, predictions
from lightspeech.evaluation.study import Study
from lightspeech.files import write_json, write_text
from lightspeech.predictions import Predictions

LABELS = ("angry", "happy", "sad")
STUDY = Study(
    corpus="toy", protocol="pair-folds", unit="speaker", selection="two other speakers",
    normalisation="training speakers", leaky=False, model="micro", scheme="fp32",
    n_params=49_512, size_bytes=201_432, recipe="toy_micro", labels=LABELS,
)  # fmt: skip


@pytest.fixture
def data_root() -> Path:
    """Folder of real recordings; where there is none, the test is skipped and says so."""
    root = os.environ.get("LIGHTSPEECH_DATA")
    if not root:
        pytest.skip("needs real recordings: set LIGHTSPEECH_DATA to their folder")
    return Path(root)


@pytest.fixture
def make_study(tmp_path):
    """Write a study of two folds, four speakers and three seeds, as a training leaves it."""

    def make(**changes):
        folder = tmp_path / "runs" / "toy_micro"
        write_json(folder / "study.json", config.as_dict(replace(STUDY, **changes)))
        for seed in range(3):
            for fold in range(2):
                run = folder / f"fold{fold}-seed{seed}"
                predictions.write(answers(fold, seed), run / "test.csv")
                write_text(run / "history.jsonl", history(seed))
        return folder

    return make


def answers(fold, seed, n=30):
    """Answers of one run: right more often than not, the second speaker of a fold the worse."""
    rng = np.random.default_rng([fold, seed])
    truth = np.arange(n) % len(LABELS)
    speakers = tuple(f"toy/{2 * fold + (i >= n // 2)}" for i in range(n))
    skill = np.where(np.arange(n) < n // 2, 3.0, 1.0)
    scores = rng.normal(size=(n, len(LABELS))) + skill[:, None] * np.eye(len(LABELS))[truth]
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    return Predictions(
        labels=LABELS, ids=tuple(f"toy/{fold}-{i}" for i in range(n)), speakers=speakers,
        truth=truth, probabilities=probabilities.astype(np.float32), fold=fold, seed=seed,
    )  # fmt: skip


def history(seed):
    epochs = [
        {
            "epoch": epoch, "loss": 1.1 * 0.8**epoch, "learning_rate": 1e-3,
            "selection_uar": 0.7 - 0.4 * 0.7**epoch + 0.01 * seed, "seconds": 1.0,
        }
        for epoch in range(8)
    ]  # fmt: skip
    return "".join(json.dumps(epoch) + "\n" for epoch in epochs)
