"""What a protocol module holds: ``Config`` and ``cut(utterances, cfg) -> Protocol``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from lightspeech import plugins
from lightspeech.corpora.base import ANY_LANGUAGE, Utterance
from lightspeech.errors import ConfigError

Unit = Literal["speaker", "session", "corpus", "language"]
"""What is kept whole: on one side of a cut or on the other."""
CORPORA = "lightspeech.corpora"


@dataclass(frozen=True, kw_only=True)
class Split:
    """One fold: ids of utterances.

    Attributes:
        name: what is tested, such as ``fold 0`` or a speaker.
        train: ids to learn from.
        selection: ids for early stopping and thresholds; never test.
        test: ids to measure on; none where a model is made to be shipped.
    """

    name: str
    train: tuple[str, ...]
    selection: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """All folds of a study, and what must be said beside its figures.

    Attributes:
        name: as results files carry it, such as ``ravdess-pinned``.
        unit: what no two parts share: a `Unit`, or ``utterance``.
        selection: in words, what the selection set is.
        leaky: whether test units may be known from training; printed wherever figures are.
        splits: one a fold, in order.
        sources: of each split, the one corpus or language that it learns from, where the study
            asks what each of them teaches about the others; else none.
    """

    name: str
    unit: str
    selection: str
    leaky: bool
    splits: tuple[Split, ...]
    sources: tuple[str, ...] = ()


def unit_of(utterance: Utterance, unit: Unit) -> str:
    """Name the speaker, session, corpus or language of an ``utterance``, by the ``unit``.

    Returns:
        Unique over corpora: a session is named ``corpus/session``. The language is that of a corpus
        with a reader of its own.

    Raises:
        ConfigError: if the corpus does not say it.
    """
    name: str = _language(utterance.corpus) if unit == "language" else getattr(utterance, unit)
    if not name:
        raise ConfigError(
            f"{utterance.id}: its {unit} is unknown, so nothing can be kept apart by {unit}; name "
            "it (corpus.speaker_pattern=REGEX or corpus.speakers=TABLE for 'folder', a column for "
            "'csv'), choose another unit, or take protocol.name=random-leaky, whose figures are "
            "labelled as leaky"
        )
    return f"{utterance.corpus}/{name}" if unit == "session" else name


def _language(corpus: str) -> str:
    if corpus not in plugins.names(CORPORA):
        return ""
    language: str = plugins.load(CORPORA, corpus).INFO.language
    return "" if language == ANY_LANGUAGE else language


def units(utterances: Iterable[Utterance], unit: Unit) -> list[str]:
    """List the speakers, sessions, corpora or languages of ``utterances``, by the ``unit``, sorted.

    Raises:
        ConfigError: if an utterance has none.
    """
    return sorted({unit_of(utterance, unit) for utterance in utterances})


def require_units(
    what: str, unit: Unit, names: Sequence[str], needed: int, *, or_else: str
) -> None:
    """Refuse to cut fewer units than a figure for strangers needs.

    Args:
        what: needs them, for the message.
        unit: what is kept whole.
        names: of the units there are.
        needed: how many would be enough.
        or_else: what to choose instead, for the message.

    Raises:
        ConfigError: if there are fewer.
    """
    if len(names) < needed:
        raise ConfigError(
            f"{what} needs {needed} {unit}s or more, found {len(names)} ({', '.join(names)}), "
            "since nobody who is learnt from or selected on may be measured; "
            f"{or_else}, or take protocol.name=random-leaky, whose figures are labelled as leaky"
        )


def split_by(
    utterances: list[Utterance], unit: Unit, *, name: str, selection: set[str], test: set[str]
) -> Split:
    """Cut whole units into selection and test; training gets all others.

    Args:
        utterances: of the whole corpus, or of several.
        unit: what is kept whole.
        name: of the split.
        selection: units to select on, named as by `units`.
        test: units to measure on; one that is in both is tested.

    Raises:
        ConfigError: if an utterance has no unit, or a part stays empty.
    """
    parts: dict[str, list[str]] = {"train": [], "selection": [], "test": []}
    for utterance in utterances:
        whole = unit_of(utterance, unit)
        part = "test" if whole in test else "selection" if whole in selection else "train"
        parts[part].append(utterance.id)
    return make_split(name, parts)


def make_split(name: str, parts: dict[str, list[str]]) -> Split:
    """Make a split of three lists of ids.

    Args:
        name: of the split.
        parts: ids by part: ``train``, ``selection`` and ``test``.

    Raises:
        ConfigError: if a part is empty.
    """
    empty = [part for part, ids in parts.items() if not ids]
    if empty:
        sizes = {part: len(ids) for part, ids in parts.items()}
        raise ConfigError(f"{name}: nothing left for {empty[0]}, found {sizes}; use more units")
    return Split(name=name, **{part: tuple(ids) for part, ids in parts.items()})
