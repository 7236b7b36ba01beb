"""Choose width, delay and hold of the gate on speakers and noises that it did not learn from."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from benchmarks.gate import train
from benchmarks.gate.cells import SPEECH, Cells

from lightspeech.audio import gate
from lightspeech.errors import ConfigError
from lightspeech.evaluation import machine
from lightspeech.files import write_json

OUTPUT = Path("results/gate_forms.json")
FORMS = ((24, 2), (24, 8), (32, 2), (32, 8))
"""Widths and delays that are tried; more would cost more than a tenth of `micro`."""
HOLDS = (0, 2, 4, 6, 8)
Scored = tuple[np.ndarray, np.ndarray]
"""Scores of the cells of a recording, and what they are."""


def main(folder: Path, work: Path) -> None:
    """Write `OUTPUT`, the best form first.

    Raises:
        ConfigError: if `gate` has another one.
    """
    forms = sorted(
        (form for width, delay in FORMS for form in measured(folder, work, width, delay)),
        key=lambda form: form["false_speech"],
    )
    write_json(OUTPUT, {"machine": machine.describe(), "missed": train.MISSED, "forms": forms})
    width, delay, hold, _ = forms[0].values()
    if (width, delay, hold) != (train.WIDTH, gate.DELAY, gate.HOLD):
        raise ConfigError(
            f"best are width {width}, delay {delay} and hold {hold}: give WIDTH of benchmarks.gate."
            "train, and DELAY and HOLD of lightspeech.audio.gate these values"
        )


def measured(folder: Path, work: Path, width: int, delay: int) -> list[dict[str, float]]:
    """Tell what a form leaves of the recordings to select on, by hold, as `measure` does."""
    learnt = train.weights(train.trained(folder, work, width, delay).whole())

    def scored(recordings: Cells) -> list[Scored]:
        ends = pairwise(recordings.offsets)
        parts = [slice(first, last, 2) for first, last in ends]  # every second one is a cell
        return [
            (train.scores(learnt, recordings.energies[part], delay), recordings.labels[part])
            for part in parts
        ]

    voices, noises = (
        [each for recordings in of(folder, work, "select").values() for each in scored(recordings)]
        for of in (train.speech, train.noise)
    )
    return [
        {
            "width": width,
            "delay": delay,
            "hold": hold,
            "false_speech": round(false_speech(voices, noises, hold), 4),
        }
        for hold in HOLDS
    ]


def false_speech(voices: list[Scored], noises: list[Scored], hold: int) -> float:
    """Tell the share of cells of noise that are heard as speech at `train.MISSED`."""
    of_speech = [train.held(found, hold)[marks == SPEECH] for found, marks in voices]
    least = np.quantile(np.concatenate(of_speech), train.MISSED)
    of_noise = np.concatenate([train.held(found, hold) for found, _ in noises])
    return float(np.mean(of_noise >= least))
