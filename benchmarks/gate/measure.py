"""Measure the gate beside Silero and beside the level alone.

Each system's threshold is the one that misses 1 % of the same cells of speech. Silero's probability
of a cell of 80 ms is the highest of the steps in it, taken so late as suits Silero best; *held*, it
is spread to neighbouring cells as the gate's is.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from benchmarks.gate import cells, silero, sounds
from benchmarks.gate.cells import SPEECH
from benchmarks.gate.train import MISSED, held, scores

from lightspeech.audio import gate, io
from lightspeech.audio.gate import Gate
from lightspeech.audio.windows import Waveform
from lightspeech.bundle import find, read
from lightspeech.errors import ConfigError
from lightspeech.evaluation import cores, device_cost, emulation, machine
from lightspeech.files import read_json, write_json
from lightspeech.inference.recognizer import load
from lightspeech.workflows.convert import convert

OUTPUT = Path("results/gate.json")
LATE = (0, 1, 2)
"""Steps of 32 ms by which Silero may be late."""
AT_ONCE = 64
TIMED_S, N_TIMED = 60.0, 30


@dataclass(frozen=True)
class Clip:
    """What was heard of a recording.

    Attributes:
        kind: of sound, or the corpus.
        spoken: somebody speaks in it.
        labels: of each cell, as of `cells.labels`.
        energies: of each cell and band.
        steps: Silero's probabilities.
        level_db: of each cell.
    """

    kind: str
    spoken: bool
    labels: np.ndarray
    energies: np.ndarray
    steps: np.ndarray
    level_db: np.ndarray


System = Callable[[Clip], np.ndarray]


def main(folder: Path, work: Path) -> None:
    """Measure all, and write `OUTPUT`; what Silero said before is read from ``work``."""
    clips = heard(folder, work / "test.npz")
    systems: dict[str, System] = {"gate": ours, "level": lambda clip: clip.level_db}
    for late in LATE:
        systems[f"silero-{late}"] = partial(theirs, late=late)
        systems[f"silero-held-{late}"] = partial(_held, late=late)
    figures = {name: compare(clips, system) for name, system in systems.items()}
    best = {
        kind: min((figures[f"{kind}-{late}"] for late in LATE), key=lambda of: of["false_speech"])
        for kind in ("silero", "silero-held")
    }
    spoken = {clip.kind for clip in clips if clip.spoken}
    learnt = gate.weights()
    write_json(
        OUTPUT,
        {
            "machine": machine.describe(),
            "n_params": sum(layer.weights.size + layer.bias.size for layer in learnt.layers),
            "missed": MISSED,
            "cells_of_speech": {
                kind: sum(int((clip.labels == SPEECH).sum()) for clip in clips if clip.kind == kind)
                for kind in sorted(spoken)
            },
            "noises": sum(not clip.spoken for clip in clips),
            "systems": {
                "gate": figures["gate"],
                f"silero {silero.version()}": best["silero"],
                f"silero {silero.version()}, held": best["silero-held"],
                "level": figures["level"],
            },
            "cost": all_cost(),
        },
    )


def main_of_cost() -> None:
    """Measure the cost alone; what the gate hears does not change with the machine."""
    figures = read_json(OUTPUT, error=ConfigError, remedy="measure all")
    write_json(OUTPUT, {**figures, "cost": all_cost()})


def heard(folder: Path, path: Path) -> list[Clip]:
    """Hear all that is measured, once."""
    if not path.is_file():
        _keep(path, list(_hear(folder)))
    with np.load(path) as data:
        kept = {name: data[name] for name in data.files}
    cut = {
        name: np.split(kept[name], np.cumsum(kept[f"n_{name}"])[:-1])
        for name in ("labels", "energies", "steps", "level_db")
    }
    names = zip(kept["kind"].tolist(), kept["spoken"].tolist(), *cut.values(), strict=True)
    return [Clip(*values) for values in names]


def _keep(path: Path, clips: list[Clip]) -> None:
    data: dict[str, Any] = {
        "kind": [clip.kind for clip in clips], "spoken": [clip.spoken for clip in clips],
    }  # fmt: skip
    for name in ("labels", "energies", "steps", "level_db"):
        arrays = [getattr(clip, name) for clip in clips]
        data |= {name: np.concatenate(arrays), f"n_{name}": [len(array) for array in arrays]}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **data)


def _hear(folder: Path) -> Iterator[Clip]:
    waiting: list[tuple[str, bool, Waveform]] = []
    for item in _sounds(folder):
        waiting.append(item)
        if len(waiting) == AT_ONCE:
            yield from _beside(waiting)
            waiting = []
    yield from _beside(waiting)


def _sounds(folder: Path) -> Iterator[tuple[str, bool, Waveform]]:
    for corpus, paths in sounds.speech(folder, "test").items():
        for path in paths:
            yield corpus, True, io.load(path)
    for kind, waveform in sounds.test_sounds(folder):
        yield kind, False, waveform


def _beside(items: list[tuple[str, bool, Waveform]]) -> Iterator[Clip]:
    steps = silero.probabilities([waveform for _, _, waveform in items])
    for (kind, spoken, waveform), probabilities in zip(items, steps, strict=True):
        labels = cells.labels(waveform)
        yield Clip(
            kind, spoken, labels if spoken else np.full(len(labels), cells.NONE, np.int8),
            gate.energies(waveform)[: len(labels)].astype(np.float32), probabilities,
            cells.cells_db(waveform),
        )  # fmt: skip


def ours(clip: Clip) -> np.ndarray:
    """Give the gate's score of each cell: the highest of those that are held."""
    return held(scores(gate.weights(), clip.energies))


def _held(clip: Clip, late: int) -> np.ndarray:
    return held(theirs(clip, late))


def theirs(clip: Clip, late: int) -> np.ndarray:
    """Give Silero's highest probability in each cell, so many steps late."""
    n, last = len(clip.labels), len(clip.steps) - 1
    begins = np.minimum(np.arange(n) * gate.CELL // silero.STEP + late, last)
    ends = -(-np.arange(1, n + 1) * gate.CELL // silero.STEP) + late
    return np.array(
        [clip.steps[a : max(a + 1, b)].max() for a, b in zip(begins, ends, strict=True)]
    )


def compare(clips: list[Clip], system: System) -> dict[str, Any]:
    """Tell what share of the cells without speech is heard as speech at `MISSED`."""
    speech: dict[str, list[np.ndarray]] = defaultdict(list)
    noise: dict[str, list[np.ndarray]] = defaultdict(list)
    for clip in clips:
        found = system(clip)
        (speech if clip.spoken else noise)[clip.kind].append(
            found[clip.labels == SPEECH] if clip.spoken else found
        )
    joined = {kind: np.concatenate(found) for kind, found in speech.items()}
    least = np.quantile(np.concatenate(list(joined.values())), MISSED)
    false = {kind: np.concatenate(found) >= least for kind, found in noise.items()}
    return {
        "threshold": round(float(least), 4),
        "false_speech": round(float(np.concatenate(list(false.values())).mean()), 4),
        "false_speech_by_kind": {kind: round(float(f.mean()), 4) for kind, f in false.items()},
        "missed_by_corpus": {
            kind: round(float((found < least).mean()), 4) for kind, found in joined.items()
        },
    }


def all_cost() -> dict[str, Any]:
    """Measure the cost in Python and on a board, and say on which machine."""
    return {"machine": machine.describe(), **cost(), **cost_on_board()}


def cost() -> dict[str, float]:
    """Time the gate beside ``micro`` over the same minute, on one thread."""
    recognizer = load("micro")
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, round(TIMED_S * sounds.RATE))
    waveform = noise.astype(np.float32)
    windows = recognizer.bundle.windows.cut(waveform, sounds.RATE)

    def answer() -> None:
        for window in windows:
            recognizer.predictor.predict(window[None])

    def hear() -> None:
        listening = Gate(sounds.RATE)
        listening.feed(waveform)
        listening.flush()

    rounds = [(_seconds(answer), _seconds(hear)) for _ in range(N_TIMED)]
    of_micro, of_gate = map(min, zip(*rounds, strict=True))
    return {
        "micro_ms_per_audio_s": round(1000 * of_micro / TIMED_S, 4),
        "gate_ms_per_audio_s": round(1000 * of_gate / TIMED_S, 4),
        "gate_of_micro": round(of_gate / of_micro, 4),
    }


def cost_on_board() -> dict[str, float]:
    """Count instructions of an emulated Cortex-M4F, with and without the gate, beside ``micro``."""
    with TemporaryDirectory() as folder:
        made = convert(read(find(Path("micro"))), format="c99", bundles=Path(folder))
        samples = device_cost.sound(made)
        image, without = (
            emulation.on_core(made.path, samples, *cores.M4F.options, *options)
            for options in ((), (device_cost.NO_GATE,))
        )
    seconds = len(samples) / sounds.RATE
    _, hop = made.windows.samples(sounds.RATE)
    frames = without.printed.frontend_instructions / seconds
    of_micro = frames + without.printed.inference_instructions[-1] * sounds.RATE / hop
    of_gate = image.printed.frontend_instructions / seconds - frames
    return {
        "micro_instructions_per_audio_s": round(of_micro),
        "gate_instructions_per_audio_s": round(of_gate),
        "gate_of_micro_on_board": round(of_gate / of_micro, 4),
        "gate_flash_bytes": image.flash_bytes - without.flash_bytes,
        "gate_ram_bytes": image.ram_bytes - without.ram_bytes,
    }


def _seconds(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
