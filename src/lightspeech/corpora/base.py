"""What a corpus module holds: ``INFO``, ``Config`` and ``read(cfg) -> Reading``."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import soundfile

from lightspeech.config import config
from lightspeech.errors import CorpusError

AUDIO_SUFFIXES = frozenset(f".{name.lower()}" for name in soundfile.available_formats()) | {
    ".oga", ".opus", ".aif",
}  # fmt: skip

ORIGINALS = "original-samples"
"""Folder of untouched originals kept beside a converted corpus: the same recordings once more."""


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """One labelled recording. A reader fills what the name says, ``prepare`` what the audio says.

    Attributes:
        id: unique over corpora, ``corpus/stem``.
        path: the audio file.
        speaker: unique over corpora, ``corpus/name``; empty where unknown.
        emotion: the corpus's own label.
        sex: ``female``, ``male`` or empty.
        split: ``train``, ``selection``, ``test`` or empty, where the user gives one.
        parent: id of the utterance this one is an augmented child of, or empty.
        duration_s: seconds; 0 before ``prepare``.
        sample_rate: of the file, in Hz; 0 before ``prepare``.
        audio_hash: SHA-256 of the decoded samples; empty before ``prepare``.
    """

    id: str
    path: Path
    corpus: str
    speaker: str
    emotion: str
    sex: str = ""
    session: str = ""
    dialogue: str = ""
    sentence: str = ""
    intensity: str = ""
    split: str = ""
    parent: str = ""
    duration_s: float = 0.0
    sample_rate: int = 0
    audio_hash: str = ""


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A file that did not become an utterance, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a reader found: every audio file is in one of the two lists."""

    utterances: list[Utterance]
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Info:
    """What is true of a corpus wherever it lies.

    Attributes:
        n_files: utterances of the official release; None where users bring their own.
        n_speakers: likewise.
        labels: the corpus's own labels, sorted; empty where users bring their own.
    """

    title: str
    licence: str
    citation: str
    url: str
    language: str
    labels: tuple[str, ...]
    n_files: int | None = None
    n_speakers: int | None = None
    hint: str = "point root at the unpacked corpus"


@config
class RootConfig:
    """Where a corpus lies; without a root it is looked for in ``$LIGHTSPEECH_DATA/<name>``."""

    root: Path | None = None


def find_root(cfg: RootConfig, name: str) -> Path:
    """Find the folder of a corpus.

    Raises:
        CorpusError: if no folder is named, or it is not there.
    """
    data = os.environ.get("LIGHTSPEECH_DATA")
    root = cfg.root or (Path(data) / name if data else None)
    if root is None:
        raise CorpusError(
            f"no folder for corpus {name!r}; give --root (in a recipe: corpus.root=PATH) "
            f"or set LIGHTSPEECH_DATA to the folder that holds {name}/"
        )
    if not root.is_dir():
        raise CorpusError(f"{root}: no such folder; point the root of {name!r} at its recordings")
    return root


def audio_files(root: Path) -> Iterator[Path]:
    """List audio files below a folder, sorted, hidden ones left out."""
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith("."):
            yield path


def read_files(root: Path, parse: Callable[[Path], Utterance | str], *, name: str) -> Reading:
    """Parse every audio file below a folder; ``parse`` gives an utterance or a reason to reject.

    A name found twice (a copy, an untouched original beside its conversion) is rejected the second
    time: training on it twice, or on one side and testing on the other, is a leak.

    Raises:
        CorpusError: if the folder holds no recording of this corpus.
    """
    seen: dict[str, Path] = {}
    utterances: list[Utterance] = []
    rejected: list[Rejected] = []
    for path in audio_files(root):
        found: Utterance | str
        if ORIGINALS in path.relative_to(root).parts:
            found = f"lies in {ORIGINALS}/, beside the converted corpus"
        else:
            found = parse(path)
        if isinstance(found, Utterance) and found.id in seen:
            found = f"same name as {seen[found.id].relative_to(root)}"
        if isinstance(found, str):
            rejected.append(Rejected(path=path, reason=found))
        else:
            seen[found.id] = path
            utterances.append(found)
    if not utterances:
        raise CorpusError(
            f"{root}: no recording of {name!r} among {len(rejected)} audio files; "
            + (
                f"first rejected: {rejected[0].path.name} ({rejected[0].reason})"
                if rejected
                else "the folder holds no audio"
            )
        )
    return Reading(utterances=utterances, rejected=rejected)
