"""Sounds without speech that a shipped model gives an emotion: what gate and threshold let through.

An answer counts that is neither ``none`` nor uncertain. Music is what lies in the folder: pieces
that the gate learnt from may be among it, where they are of the same games.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.gate import sounds
from benchmarks.gate.measure import OUTPUT

from lightspeech.audio.windows import Waveform
from lightspeech.errors import ConfigError
from lightspeech.files import read_json, write_json
from lightspeech.inference.recognizer import load

MODELS = ("nano", "micro", "small")
NONE = "none"


def main(folder: Path) -> None:
    """Measure the shipped models, and write their figures beside those of the gate."""
    heard = list(sounds.test_sounds(folder))
    music = sorted(path.name for path in (folder / "music" / "test").iterdir())
    figures = read_json(OUTPUT, error=ConfigError, remedy="measure all")
    of_models = {name: measure(name, heard) for name in MODELS}
    certain = {"sounds": len(heard), "music_of": music, "models": of_models}
    write_json(OUTPUT, {**figures, "certain": certain})
    print(certain)


def measure(name: str, heard: list[tuple[str, Waveform]]) -> dict[str, Any]:
    """Count answers that are none, uncertain and certain, and of what kind these are."""
    recognize, kinds = load(name), Counter[str]()
    counts = dict.fromkeys((NONE, "uncertain", "certain"), 0)
    for kind, waveform in heard:
        answer = recognize(waveform, sample_rate=sounds.RATE)
        told = NONE if answer.label == NONE else "uncertain" if answer.uncertain else "certain"
        counts[told] += 1
        kinds[kind] += told == "certain"
    return {**counts, "certain_by_kind": {kind: n for kind, n in kinds.items() if n}}
