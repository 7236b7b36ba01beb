"""Sounds without speech that a shipped model gives an emotion: what gate and threshold let through.

An answer counts that is neither ``none`` nor uncertain. Music is what lies in the folder: pieces
that the gate learnt from may be among it, where they are of the same games. Of speech it counts
what is ``none``, and what is uncertain for too small a share, whatever the model.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.gate import sounds
from benchmarks.gate.measure import OUTPUT

from lightspeech.audio import io
from lightspeech.audio.gate import Gate
from lightspeech.audio.windows import Waveform
from lightspeech.bundle import shipped
from lightspeech.bundle.places import LARGE
from lightspeech.errors import ConfigError
from lightspeech.files import read_json, write_json
from lightspeech.inference.answers import LEAST_SHARE
from lightspeech.inference.recognizer import load

MODELS = [*shipped(), *map(str, sorted(Path(LARGE).iterdir()))]
NONE = "none"


def main(folder: Path) -> None:
    """Measure the shipped models, and write their figures beside those of the gate."""
    heard = list(sounds.test_sounds(folder))
    music = sorted(path.name for path in (folder / "music" / "test").iterdir())
    figures = read_json(OUTPUT, error=ConfigError, remedy="measure all")
    of_models = {Path(model).name: measure(model, heard) for model in MODELS}
    certain = {
        "sounds": len(heard),
        "music_of": music,
        "models": of_models,
        "speech": {
            corpus: of_speech(paths) for corpus, paths in sounds.speech(folder, "test").items()
        },
    }
    write_json(OUTPUT, {**figures, "certain": certain})
    print(certain)


def measure(path: str, heard: list[tuple[str, Waveform]]) -> dict[str, Any]:
    """Count answers that are none, uncertain and certain, and of what kind these are."""
    recognize, kinds = load(path), Counter[str]()
    counts = dict.fromkeys((NONE, "uncertain", "certain"), 0)
    for kind, waveform in heard:
        answer = recognize(waveform, sample_rate=sounds.RATE)
        told = NONE if answer.label == NONE else "uncertain" if answer.uncertain else "certain"
        counts[told] += 1
        kinds[kind] += told == "certain"
    return {**counts, "certain_by_kind": {kind: n for kind, n in kinds.items() if n}}


def of_speech(paths: list[Path]) -> dict[str, int]:
    """Count recordings in which nobody is heard to speak, or for less than `LEAST_SHARE`."""
    shares = np.array([share(path) for path in paths])
    return {
        "recordings": len(paths),
        "none": int((shares == 0).sum()),
        "of_too_small_a_share": int(((shares > 0) & (shares < LEAST_SHARE)).sum()),
    }


def share(path: Path) -> float:
    """Share of a recording in which the gate hears somebody speak."""
    waveform, gate = io.load(path, sounds.RATE), Gate(sounds.RATE)
    gate.feed(waveform)
    gate.flush()
    return gate.speech(0.0, len(waveform) / sounds.RATE)
