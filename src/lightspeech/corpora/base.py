"""What a corpus module holds: ``INFO``, ``Config`` and ``read(cfg) -> Reading``."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from lightspeech.audio import folders
from lightspeech.config import NamedPath, config
from lightspeech.corpora._spelling import clean, first_spellings
from lightspeech.errors import CorpusError, LightspeechError
from lightspeech.files import is_text

ORIGINALS = "original-samples"
"""Folder of untouched originals kept beside a converted corpus: the same recordings once more."""
ANY_LANGUAGE = "any"
"""`Info.language` of a reader of what users bring."""

SPLITS = {
    "train": "train", "training": "train",
    "selection": "selection", "val": "selection", "valid": "selection",
    "validation": "selection", "dev": "selection",
    "test": "test", "testing": "test",
}  # fmt: skip
"""What people call the parts of a split, in lower case, and what they are called here."""


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """One labelled recording. A reader fills most of it, ``prepare`` what only the audio says.

    Texts lose blanks around them and doubled in them, and are in Unicode's composed form, so that a
    blank behind a name makes no other person.
    """

    id: str
    """Unique over corpora, ``corpus/stem``."""
    path: Path
    """The audio file."""
    corpus: str
    """Name of the corpus: that of its module, its folder or its table."""
    speaker: str
    """Unique over corpora, ``corpus/name``; empty where unknown."""
    emotion: str
    """The corpus's own label."""
    sex: str = ""
    """``female``, ``male`` or empty."""
    session: str = ""
    """Of the recording, unique in the corpus; empty where there are none."""
    dialogue: str = ""
    """What speakers who answer each other share, unique in the corpus; empty where alone."""
    sentence: str = ""
    """What is said: its text, or the name that the corpus gives it."""
    transcript: str = ""
    """The words that are said; empty where nobody wrote them down."""
    intensity: str = ""
    """The corpus's own word for how strongly it is acted."""
    agreement: float | None = None
    """Share of listeners who heard the label, 0 to 1; None where nobody was asked, as below."""
    arousal: float | None = None
    """How excited listeners found it, on the corpus's own scale, as the two below."""
    valence: float | None = None
    """How pleasant."""
    dominance: float | None = None
    """How dominant."""
    split: str = ""
    """``train``, ``selection``, ``test`` or empty, where the user gives one."""
    parent: str = ""
    """Id of the utterance this one is an augmented child of, or empty."""
    duration_s: float = 0.0
    """Seconds; 0 before ``prepare``."""
    sample_rate: int = 0
    """Of the file, in Hz; 0 before ``prepare``."""
    audio_hash: str = ""
    """SHA-256 of the decoded samples; empty before ``prepare``."""

    def __post_init__(self) -> None:
        """Spell names in one way."""
        for name, value in vars(self).items():
            if isinstance(value, str):
                object.__setattr__(self, name, clean(value))


RATINGS = ("agreement", "arousal", "valence", "dominance")
"""What listeners say of an utterance, in numbers."""


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A file that did not become an utterance, and why."""

    path: Path
    """The audio file."""
    reason: str
    """In words, for people."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a reader found: every file is in one of the three lists."""

    utterances: list[Utterance]
    """At least one, in the order of their paths or rows."""
    rejected: list[Rejected] = field(default_factory=list)
    """In the same order."""
    skipped: list[Path] = field(default_factory=list)
    """Files that are no audio."""


def one_spelling(reading: Reading) -> Reading:
    """Write each label and each speaker as it is written first, where only the case differs.

    Args:
        reading: of what users bring; the names of a published corpus are its own.
    """
    found = reading.utterances
    labels = first_spellings(u.emotion for u in found)
    speakers = first_spellings(u.speaker for u in found)
    utterances = [replace(u, emotion=labels[u.emotion], speaker=speakers[u.speaker]) for u in found]
    return replace(reading, utterances=utterances)


@dataclass(frozen=True, kw_only=True)
class Info:
    """What is true of a corpus wherever it lies."""

    title: str
    """In full."""
    licence: str
    """Its name or, where it has none, who may do what."""
    allows_products: bool | None = None
    """Whether it lets what learns from the corpus be sold; None where nobody here knows, as of what
    users bring."""
    citation: str
    """Authors, year and place of the paper."""
    url: str
    """Where to get it; empty where nothing is to be got."""
    language: str
    """In English, such as ``German``."""
    labels: tuple[str, ...]
    """The corpus's own, sorted; empty where users bring their own."""
    n_files: int | None = None
    """Utterances of the official release; None where users bring their own."""
    n_speakers: int | None = None
    """Of the official release; None where users bring their own."""
    hint: str = "point root at the unpacked corpus"
    """What to do where its recordings are not found."""


@config
class RootConfig:
    """Where a corpus lies; without a root it is looked for in ``$LIGHTSPEECH_DATA/<name>``."""

    root: NamedPath | None = None

    @property
    def part(self) -> str:
        """What figures call the part that is taken, behind the corpus's name; empty: the whole."""
        return ""


def find_root(cfg: RootConfig, name: str) -> Path:
    """Find the folder of a corpus.

    Args:
        cfg: says its ``root``, or nothing.
        name: of the corpus; below ``$LIGHTSPEECH_DATA`` its folder is called so.

    Raises:
        CorpusError: if no folder is named, or it is not there.
    """
    data = os.environ.get("LIGHTSPEECH_DATA")
    root = cfg.root or (Path(data).expanduser() / name if data else None)
    if root is None:
        raise CorpusError(
            f"no folder for corpus {name!r}; give --root (in a recipe: corpus.root=PATH) "
            f"or set LIGHTSPEECH_DATA to the folder that holds {name}/"
        )
    if not os.path.isdir(root):
        raise CorpusError(f"{root}: no such folder; point the root of {name!r} at its recordings")
    return root


def read_files(root: Path, parse: Callable[[Path], Utterance | str], *, name: str) -> Reading:
    """Parse every audio file below a folder, see `folders.listing`.

    Of files of one name (a copy, an original beside its conversion) `folders.best` is read:
    training on it twice, or on one side and testing on the other, is a leak.

    Args:
        root: the folder.
        parse: gives the utterance of a path, or the reason to reject it; a `ValueError` is one.
        name: of the corpus, for the message.

    Raises:
        CorpusError: if the folder holds no recording of this corpus.
        AudioError: if a folder below it cannot be read.
    """
    listing = folders.listing(root)
    parsed = {path: _parsed(path, root, parse) for path in listing.recordings}
    same: dict[str, list[Path]] = {}
    for path, utterance in parsed.items():
        if isinstance(utterance, Utterance):
            same.setdefault(utterance.id, []).append(path)
    chosen = {id: folders.best(paths) for id, paths in same.items()}
    utterances: list[Utterance] = []
    rejected: list[Rejected] = []
    for path, utterance in parsed.items():
        if isinstance(utterance, str):
            rejected.append(Rejected(path=path, reason=utterance))
        elif chosen[utterance.id] != path:
            reason = f"same name as {chosen[utterance.id].relative_to(root)}"
            rejected.append(Rejected(path=path, reason=reason))
        else:
            utterances.append(utterance)
    if not utterances:
        raise CorpusError(
            f"{root}: no recording of {name!r} among {len(rejected)} audio files; "
            + (
                f"first rejected: {rejected[0].path.name} ({rejected[0].reason})"
                if rejected
                else "the folder holds no audio"
            )
        )
    return Reading(utterances=utterances, rejected=rejected, skipped=listing.skipped)


def _parsed(path: Path, root: Path, parse: Callable[[Path], Utterance | str]) -> Utterance | str:
    if ORIGINALS in path.relative_to(root).parts:
        return f"lies in {ORIGINALS}/, beside the converted corpus"
    if not is_text(path):
        return "its name is no UTF-8, or holds control characters; rename it"
    try:
        return parse(path)
    except LightspeechError:  # of which some are ValueErrors
        raise
    except ValueError as error:
        return f"its name is of another form ({error})"
