from dataclasses import replace

import numpy as np
import pytest

from lightspeech.config import as_dict
from lightspeech.errors import CorpusError
from lightspeech.evaluation import begun
from lightspeech.files import write_json
from lightspeech.reporting import begun as report
from lightspeech.training.predictions import Predictions

SAID = {
    "fresh": "a", "begun": "b", "init": "micro", "protocol": "p", "selection": "s", "corpus": "c",
}  # fmt: skip


def runs(right):
    """Two folds of two speakers each; so many of four answers of each speaker are right."""
    truth = np.array([0, 0, 1, 1] * 2)
    answers = np.where(np.arange(8) % 4 < right, truth, 1 - truth)
    return [
        Predictions(
            labels=("x", "y"), ids=tuple(f"{fold}-{n}" for n in range(8)),
            speakers=tuple(f"c/{fold}{n // 4}" for n in range(8)), truth=truth,
            probabilities=np.eye(2, dtype=np.float32)[answers], fold=fold, seed=0,
        )
        for fold in range(2)
    ]  # fmt: skip


def test_both_are_paired_and_the_page_tells_the_file(tmp_path):
    found = begun.compare(runs(2), runs(3), **SAID)
    assert (found.fresh_uar, found.begun_uar, found.gain) == (0.5, 0.75, 0.25)
    assert found.gain_ci95 == (0.25, 0.25)
    assert (found.speakers, found.folds, found.better_speakers) == (4, 2, 1.0)
    assert report.describe(tmp_path) == report.costs.NOTHING
    write_json(tmp_path / begun.PATH, {"b": as_dict(found)})
    assert begun.read(tmp_path) == [found]
    assert "1 | 50.0 | 75.0 | +25.0 [+25.0, +25.0] | 100 %" in report.describe(tmp_path)


def test_other_recordings_are_not_compared():
    first, second = runs(2)
    with pytest.raises(CorpusError, match="not tested on the same recordings"):
        begun.compare([first, second], [first, replace(second, ids=first.ids)], **SAID)
