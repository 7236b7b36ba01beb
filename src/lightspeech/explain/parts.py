"""Parts of the work: some recordings each, asked about once; their answers are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lightspeech import bundle
from lightspeech.corpora.base import Utterance
from lightspeech.errors import StudyError
from lightspeech.explain import hearing
from lightspeech.explain.listeners import Listener, OfBundle
from lightspeech.files import replacing
from lightspeech.inference import dispatch
from lightspeech.metrics import Floats

SIZE = 4
"""Recordings of a part."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some recordings and whom to ask about them.

    Attributes:
        utterances: with their paths.
        systems: of each the folders of its runs, one a seed; or of a bundle.
        file: where the answers are kept.
    """

    utterances: tuple[Utterance, ...]
    systems: tuple[tuple[Path, ...], ...]
    file: Path


def fill(part: Part) -> None:
    """Ask about a part, unless it was asked before.

    Raises:
        LightspeechError: if a recording cannot be decoded, or a system is not there.
    """
    if part.file.is_file():
        return
    listeners = [_listener(folders) for folders in part.systems]
    heard = [hearing.hear(utterance, listeners) for utterance in part.utterances]
    with replacing(part.file) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            changes=np.array([[each.changes for each in row] for row in heard], np.float32),
            flipped=np.array([[each.flipped for each in row] for row in heard], np.float32),
        )


def _listener(folders: Sequence[Path]) -> Listener:
    if (folders[0] / bundle.DESCRIPTION).is_file():
        return OfBundle(dispatch.open(bundle.read(folders[0])))
    from lightspeech.explain import trained  # which imports torch

    return trained.read(folders)


def read(parts: Sequence[Part]) -> tuple[Floats, Floats]:
    """Read the answers of all parts.

    Args:
        parts: that were asked.

    Returns:
        Changes, shape ``(recordings, systems, edits, n_classes)``, and flips, shape
        ``(recordings, systems, edits)``, see `hearing.Heard`.

    Raises:
        StudyError: if a file is damaged.
    """
    changes, flipped = [], []
    for part in parts:
        try:
            with np.load(part.file, allow_pickle=False) as kept:
                changes.append(kept["changes"])
                flipped.append(kept["flipped"])
        except (OSError, ValueError, KeyError) as error:
            raise StudyError(
                f"{part.file}: damaged ({error}); delete it and type the command again"
            ) from None
    return np.concatenate(changes), np.concatenate(flipped)
