"""Recordings of one's own: look at a folder, say what is there, and write a recipe that runs."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from lightspeech import config
from lightspeech.audio import io
from lightspeech.config import Choice
from lightspeech.corpora import csv, labels, preparing
from lightspeech.corpora.base import Utterance
from lightspeech.errors import CorpusError, OutputError
from lightspeech.files import write_text
from lightspeech.progress import Progress
from lightspeech.protocols.base import Protocol
from lightspeech.reporting import corpus as report

CORPORA, PROTOCOLS = "lightspeech.corpora", "lightspeech.protocols"
SHORT_S, LONG_S = 0.5, 30.0
"""Seconds: less is no sentence, more is seldom one emotion."""
SILENT_DBFS, QUIET_DBFS = -60.0, -45.0
"""Level of a recording, RMS over all of it."""
CLIPPED = 1e-3
"""Share of samples at full scale."""
FEW, MANY = 3, 10
"""Speakers: fewer cannot be kept apart in three parts; of more, several are tested at once."""
STEPS, BATCH, SMALL_BATCH = 2_000, 64, 16
"""Of a training: steps that a small corpus takes, utterances of one."""


@dataclass(frozen=True, kw_only=True)
class New:
    """What was found, and the recipe that was written.

    Attributes:
        summary: counts, levels and faults, in values that JSON can hold.
        recipe: the file.
    """

    summary: dict[str, Any]
    recipe: Path


def new(
    folder: Path,
    *,
    speakers: Path | None,
    columns: Mapping[str, str],
    names: Mapping[str, str],
    options: Sequence[str],
    output: Path | None,
    progress: Progress,
) -> New:
    """Look at a folder of recordings, and write a recipe for it.

    Args:
        folder: with a sub-folder a class, or with recordings that the table labels.
        speakers: table that says who speaks, perhaps labels too; None: nobody is named.
        columns: what it calls its columns.
        names: class by the label that recordings have.
        options: of the reader, each ``key=value``.
        output: the recipe; None: named after the folder, here.
        progress: told of recordings.

    Raises:
        ConfigError: if no recording has a label that is to be mapped.
        CorpusError: if folder or table cannot be read, or fewer than two classes can be learnt.
        OutputError: if the recipe is there already, or cannot be written.
    """
    name = re.sub(r"[^\w-]+", "_", folder.resolve().name).strip("_") or "own"
    output = output or Path(f"{name}.yaml")
    if os.path.exists(output):
        raise OutputError(f"{output} is there already; delete it, or name another with --output")
    values = config.override(_corpus(folder, speakers, columns), list(options))
    choice = _choice(CORPORA, values)
    prepared = preparing.prepare(choice, progress=progress)
    levels = _levels(prepared.utterances)
    faults = list(_faults(prepared.utterances, levels))
    utterances = labels.relabel(prepared.utterances, names)
    prepared = replace(prepared, utterances=utterances)
    protocol, left_out = plan(utterances)
    notes = [*_notes(protocol, utterances), *left_out.values()]
    names = {**names, **dict.fromkeys(left_out, "")}
    recipe = _recipe(name, values, names, protocol, len(utterances))
    write_text(output, _text(recipe, notes))
    summary = {
        **report.summarize(prepared),
        "minutes": round(sum(u.duration_s for u in utterances) / 60, 2),
        "level_dbfs": _spread(levels),
        "faults": faults,
        "protocol": protocol,
        "notes": notes,
        "recipe": str(output),
    }
    return New(summary=summary, recipe=output)


def _corpus(folder: Path, table: Path | None, columns: Mapping[str, str]) -> dict[str, Any]:
    """Say which reader the recordings are for: that of tables where the table has labels."""
    if not os.path.isdir(folder):
        what = "is a file" if os.path.exists(folder) else "no such folder"
        raise CorpusError(f"{folder}: {what}; name the folder that holds your recordings")
    if table is None:
        return {"name": "folder", "root": folder.as_posix()}
    named = {"columns": dict(columns)} if columns else {}
    if csv.has_labels(table, columns):
        root, below = table.as_posix(), folder.as_posix()
        return {"name": "csv", "root": root, "recordings": below, **named}
    return {"name": "folder", "root": folder.as_posix(), "speakers": table.as_posix(), **named}


def _choice(package: str, values: Mapping[str, Any]) -> Choice:
    settings = {key: value for key, value in values.items() if key != "name"}
    probe = Choice(package, values["name"], None)
    return replace(probe, config=config.build(probe.module.Config, settings, source=probe.name))


def _levels(utterances: Sequence[Utterance]) -> list[tuple[float, float]]:
    """Level in dBFS and share of samples at full scale, of each recording."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(_level, utterances))


def _level(utterance: Utterance) -> tuple[float, float]:
    waveform = io.load(utterance.path)
    power = float(np.mean(np.square(waveform, dtype=np.float64)))
    return 10 * np.log10(max(power, 1e-12)), float(np.mean(np.abs(waveform) > 0.999))


def _spread(levels: Sequence[tuple[float, float]]) -> dict[str, float]:
    found = np.array([level for level, _ in levels])
    at = {"lowest": 0, "median": 50, "highest": 100}
    return {name: round(float(np.percentile(found, q)), 1) for name, q in at.items()}


def _faults(
    utterances: Sequence[Utterance], levels: Sequence[tuple[float, float]]
) -> Iterator[dict[str, str]]:
    for utterance, (level, clipped) in zip(utterances, levels, strict=True):
        for fault, is_so in (
            (f"shorter than {SHORT_S} s", utterance.duration_s < SHORT_S),
            (f"longer than {LONG_S:.0f} s", utterance.duration_s > LONG_S),
            ("silent", level < SILENT_DBFS),
            ("very quiet", SILENT_DBFS <= level < QUIET_DBFS),
            (f"clipped ({clipped:.1%} at full scale)", clipped > CLIPPED),
        ):
            if is_so:
                yield {"path": str(utterance.path), "fault": fault}


def plan(utterances: list[Utterance]) -> tuple[dict[str, Any], dict[str, str]]:
    """Choose a protocol, and say which classes cannot be learnt under it.

    Args:
        utterances: of one corpus.

    Returns:
        The protocol as a recipe has it, and why each class that is left out is.

    Raises:
        CorpusError: if fewer than two classes can be learnt.
    """
    left_out: dict[str, str] = {}
    while True:
        kept = [u for u in utterances if u.emotion not in left_out]
        classes = Counter(u.emotion for u in kept)
        if len(classes) < 2:
            there = labels.counted(u.emotion for u in utterances)
            raise CorpusError(
                f"too little to learn from: found {there}; two classes are the least, each with "
                "recordings of three speakers, or with ten where nobody knows the speakers"
            )
        protocol = _protocol(kept)
        choice = _choice(PROTOCOLS, protocol)
        missing = _unlearnt(kept, choice.module.cut(kept, choice.config))
        if not missing:
            return protocol, left_out
        for label in missing:
            left_out[label] = (
                f"{label!r} is left out: {classes[label]} recording(s) are too few for one to be "
                "left to learn from; record it with three speakers or more"
            )


def _protocol(utterances: Sequence[Utterance]) -> dict[str, Any]:
    """Choose how to measure: as given, each speaker once, several at once, or not honestly."""
    speakers = {utterance.speaker for utterance in utterances}
    splits = {utterance.split for utterance in utterances}
    if {"train", "test"} <= splits and "" not in splits:
        known = "" not in speakers
        if not known or "selection" in splits or _trainers(utterances) > 1:
            return {"name": "given"}
    if "" in speakers or len(speakers) < FEW:
        return {"name": "random_leaky", "folds": max(2, min(5, len(utterances) // 2))}
    if len(speakers) <= MANY:
        return {"name": "leave_one_out"}
    return {"name": "grouped_k_fold", "folds": 5}


def _trainers(utterances: Sequence[Utterance]) -> int:
    return len({u.speaker for u in utterances if u.split == "train"})


def _unlearnt(utterances: Sequence[Utterance], protocol: Protocol) -> list[str]:
    """Classes that some fold has nothing to learn from."""
    emotion = {u.id: u.emotion for u in utterances}
    classes = set(emotion.values())
    parts = ({emotion[each] for each in split.train} for split in protocol.splits)
    return sorted({label for part in parts for label in classes - part})


def _notes(protocol: dict[str, Any], utterances: Sequence[Utterance]) -> Iterator[str]:
    n = len({utterance.speaker for utterance in utterances} - {""})
    unknown = any(not utterance.speaker for utterance in utterances)
    if protocol["name"] == "random_leaky":
        why = "speakers are unknown" if unknown else f"{n} speaker(s) cannot be kept apart"
        yield (
            f"{why}: figures will be of known voices, and are labelled LEAKY; name three speakers "
            "or more, with --speakers TABLE, to learn how well strangers are heard"
        )
    if protocol["name"] == "given" and unknown:
        yield "speakers are unknown: nobody can tell whether your split keeps them apart"


def _recipe(
    name: str,
    corpus: Mapping[str, Any],
    names: Mapping[str, str],
    protocol: Mapping[str, Any],
    n: int,
) -> dict[str, Any]:
    epochs = int(np.clip(STEPS * SMALL_BATCH // n, 20, 100))
    batch_size = BATCH if n > STEPS else SMALL_BATCH
    return {
        "name": name,
        "corpus": dict(corpus),
        **({"map": dict(names)} if names else {}),
        "protocol": dict(protocol),
        "seeds": [0],
        "model": {"name": "micro_stream"},
        "frontend": {"level": "recent", "floor": 1e-18},
        "training": {"epochs": epochs, "batch_size": batch_size},
        "compress": [{"name": "quantize"}],
    }


def _text(recipe: Mapping[str, Any], notes: Sequence[str]) -> str:
    lines = [
        f"{recipe['name']}: written by `lightspeech new`; change what you like.",
        "Figures: lightspeech run FILE. The model to use, learnt from everybody: add --final.",
        "In int8, as microcontrollers have it: lightspeech compress FILE, likewise.",
        "A line init: micro would begin with the shipped model; docs/own-data.md says what that is "
        "worth.",
        *notes,
    ]
    text = yaml.safe_dump(dict(recipe), sort_keys=False, allow_unicode=True)
    return "".join(f"# {line}\n" for line in lines) + text
