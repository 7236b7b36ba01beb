"""Parts of the work: some recordings each, asked about once; their answers are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from lightspeech import bundle
from lightspeech.audio.cues.edit import Edit
from lightspeech.corpora.base import Utterance
from lightspeech.errors import StudyError
from lightspeech.explain import hearing, kept
from lightspeech.explain.listeners import Listener, OfBundle
from lightspeech.frontends import cache as arrays
from lightspeech.inference import dispatch
from lightspeech.metrics import Floats

SIZE = 4
"""Recordings of a part."""
OPEN = 8
"""Systems that stay open from part to part."""
DECIDING = (
    "audio", "frontends", "models", "training/answers.py", "training/calibrate.py",
    "training/networks.py", "explain/hearing.py", "explain/listeners.py", "explain/trained.py",
)  # fmt: skip
"""Code that answers of runs depend on."""
OF_BUNDLES = ("runtime", "inference", "export")
"""And that those of bundles depend on beside it."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One system, asked about the recordings of a part.

    Attributes:
        folders: of its runs, one a seed; or of a bundle.
        file: where its answers are kept.
    """

    folders: tuple[Path, ...]
    file: Path


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some recordings and whom to ask about them.

    Attributes:
        utterances: with their paths.
        systems: each with a file of its own, so that another chain with the same teacher asks it
            no second time.
    """

    utterances: tuple[Utterance, ...]
    systems: tuple[Asked, ...]


def name(utterances: Sequence[Utterance], folders: Sequence[Path], edits: Sequence[Edit]) -> str:
    """Name the answers of a system by all that decides them, 20 hexadecimal digits.

    That is what was said, how it is edited, the weights and how they are asked; of the code those
    packages that edit or answer, so that a change of any other leaves answers standing.

    Args:
        utterances: of a part.
        folders: of the system.
        edits: that are asked about.
    """
    code = (*DECIDING, *(OF_BUNDLES if is_bundle(folders) else ()))
    return kept.name(
        code,
        [(edit.cue, edit.amount) for edit in edits],
        kept.of_systems(folders),
        [(u.id, u.audio_hash) for u in utterances],
    )


def fill(part: Part) -> None:
    """Ask about a part those systems that were not asked before.

    Raises:
        LightspeechError: if a recording cannot be decoded, or a system is not there.
    """
    systems = [each for each in part.systems if arrays.find(each.file, axes=4) is None]
    if not systems:
        return
    listeners = [listener_of(system.folders) for system in systems]
    heard = [hearing.hear(utterance, listeners) for utterance in part.utterances]
    for place, system in enumerate(systems):
        mine = [row[place] for row in heard]
        arrays.keep(np.stack(mine).astype(np.float32), system.file)


@lru_cache(maxsize=OPEN)
def listener_of(folders: tuple[Path, ...]) -> Listener:
    """Open a system, which stays open.

    Args:
        folders: of its runs, one a seed, or of a bundle.

    Raises:
        LightspeechError: if it is not there.
    """
    if is_bundle(folders):
        return OfBundle(dispatch.open(bundle.read(folders[0])))
    from lightspeech.explain import trained  # which imports torch

    return trained.read(folders)


def is_bundle(folders: Sequence[Path]) -> bool:
    """Tell whether a system is a bundle, and not runs.

    Args:
        folders: of its runs, or that of a bundle.
    """
    return (folders[0] / bundle.DESCRIPTION).is_file()


def read(parts: Sequence[Part], classes: Sequence[Sequence[int]]) -> tuple[Floats, Floats]:
    """Read the answers of all parts.

    Args:
        parts: that were asked.
        classes: of each system places of those that are compared, the same of all in one order.

    Returns:
        Changes, shape ``(recordings, systems, edits, n_classes)``, and flips, shape
        ``(recordings, systems, edits)``, see `hearing.Heard`.

    Raises:
        StudyError: if a file is damaged.
    """
    changes, flipped = [], []
    for part in parts:
        answers = [_read(system.file) for system in part.systems]
        for of_recording in zip(*answers, strict=True):
            heard = [hearing.compare(*pair) for pair in zip(of_recording, classes, strict=True)]
            changes.append([each.changes for each in heard])
            flipped.append([each.flipped for each in heard])
    return np.array(changes), np.array(flipped)


def _read(file: Path) -> Floats:
    """Answers of a system, shape ``(recordings, seeds, 1 + edits, n_classes)``."""
    found = arrays.find(file, axes=4)
    if found is None:
        raise StudyError(f"{file}: damaged; type the command again")
    return np.asarray(found, np.float64)
