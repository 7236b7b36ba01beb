"""Finds what training and test share: a speaker, a dialogue, a recording, an augmented child.

And a sentence, which is a leak for a model that reads text: there words may tell the emotion.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from lightspeech.corpora.base import Utterance
from lightspeech.corpora.origin import may_know
from lightspeech.errors import LeakError
from lightspeech.protocols.base import Protocol, Split

SIDES = (("train", "test"), ("selection", "test"), ("train", "selection"))
"""Parts of a split that must share nothing."""


@dataclass(frozen=True, kw_only=True)
class Leak:
    """One pair of utterances that a split must not tear apart.

    Attributes:
        kind: what they share: ``speaker``, ``dialogue``, ``audio``, ``parent`` or ``text``.
        train_id: the one that is learnt from, or selected on where ``part`` is selection-test.
        other_id: the one that is measured or selected on.
        part: the two sides, such as ``train-test``.
        value: the shared speaker, dialogue, hash of the samples, ancestor, or words.
    """

    kind: str
    train_id: str
    other_id: str
    part: str
    value: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.train_id} and {self.other_id} ({self.part}) share {self.kind} {self.value}"


def find(utterances: list[Utterance], split: Split) -> list[Leak]:
    """List what two parts of a split share, one pair of utterances for each shared value.

    Utterances of unknown speaker cannot be compared by speaker: see `speaker_unknown`. The same
    holds of dialogues and hashes that are empty.

    Args:
        utterances: all that the split names, and the parents of augmented ones.
        split: the parts to compare.

    Returns:
        By kind: speakers, dialogues, audio, parents.
    """
    by_id = {utterance.id: utterance for utterance in utterances}
    keys: dict[str, Callable[[str], str]] = {
        "speaker": lambda name: by_id[name].speaker,
        "dialogue": lambda name: _dialogue(by_id[name]),
        "audio": lambda name: by_id[name].audio_hash,
        "parent": lambda name: _ancestor(by_id, name),
    }
    return [leak for kind, key in keys.items() for leak in _of_kind(kind, key, split)]


def find_texts(utterances: list[Utterance], split: Split) -> list[Leak]:
    """List the sentences that two parts of a split share, one pair of utterances for each.

    They leak to a model that reads text alone; an empty transcript is compared with nothing.

    Args:
        utterances: all that the split names.
        split: the parts to compare.
    """
    said = {utterance.id: words(utterance.transcript) for utterance in utterances}
    return list(_of_kind("text", said.__getitem__, split))


def text_seen(utterances: Iterable[Utterance], protocol: Protocol) -> float:
    """Tell how much of what is tested was said in training, too.

    Args:
        utterances: all that the protocol names.
        protocol: the cut.

    Returns:
        Share of the utterances tested whose sentence is in the training part of their fold, 0 to 1.
    """
    said = {utterance.id: words(utterance.transcript) for utterance in utterances}
    seen, tested = 0, 0
    for split in protocol.splits:
        known = {said[name] for name in split.train} - {""}
        seen += sum(said[name] in known for name in split.test)
        tested += len(split.test)
    return seen / tested if tested else 0.0


def words(transcript: str) -> str:
    """Give what all spellings of a sentence share: its words, without case and punctuation.

    Args:
        transcript: of an utterance.

    Example:
        >>> words("It's eleven o'clock.") == words("it's ELEVEN o'clock")
        True
    """
    return " ".join(re.findall(r"\w+", transcript.casefold()))


def _of_kind(kind: str, key: Callable[[str], str], split: Split) -> Iterable[Leak]:
    firsts = {part: _firsts(getattr(split, part), key) for part in ("train", "selection", "test")}
    for one, other in SIDES:
        for value, train_id in firsts[one].items():
            if value in firsts[other]:
                other_id, part = firsts[other][value], f"{one}-{other}"
                yield Leak(kind=kind, train_id=train_id, other_id=other_id, part=part, value=value)


def _firsts(ids: Iterable[str], key: Callable[[str], str]) -> dict[str, str]:
    """Map each known value of a key to the first id that has it."""
    firsts: dict[str, str] = {}
    for name in ids:
        if value := key(name):
            firsts.setdefault(value, name)
    return firsts


def _dialogue(utterance: Utterance) -> str:
    """Tell dialogues of different corpora apart; they are often plain numbers."""
    return utterance.dialogue and f"{utterance.corpus}/{utterance.dialogue}"


def _ancestor(by_id: dict[str, Utterance], name: str) -> str:
    """Follow parents up; an original is its own ancestor, so it meets its children."""
    seen = {name}
    while name in by_id and by_id[name].parent and by_id[name].parent not in seen:
        name = by_id[name].parent
        seen.add(name)
    return name


def speaker_unknown(utterances: Iterable[Utterance]) -> int:
    """Count the utterances that no check can compare by speaker."""
    return sum(not utterance.speaker for utterance in utterances)


def check(utterances: list[Utterance], protocol: Protocol) -> None:
    """Refuse a ``protocol`` of ``utterances`` that leaks, unless it says so itself.

    Raises:
        LeakError: naming the first offending pair.
    """
    if protocol.leaky:
        return
    for split in protocol.splits:
        if leaks := find(utterances, split):
            raise LeakError(
                f"{protocol.name}, {split.name}: {leaks[0]}; {len(leaks)} such pairs, listed by "
                "'lightspeech leaks MANIFEST'; put both on one side, or take "
                "protocol.name=random-leaky, whose figures are labelled as leaky"
            )


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a teacher knows, what its own teachers know included; or what made an encoder.

    Attributes:
        study: name of the teacher's study and fold, for messages.
        train: what it learnt from.
        selection: what it was chosen and calibrated on.
        role: what it is to its student: ``teacher``, ``encoder`` or ``bundle``.
        remedy: what to do about it, for messages.
    """

    study: str
    train: tuple[Utterance, ...]
    selection: tuple[Utterance, ...]
    role: str = "teacher"
    remedy: str = "take one made by other speakers"


def together(several: Sequence[Heard]) -> Heard:
    """Put what several teachers know into one."""
    return Heard(
        study=" + ".join(teacher.study for teacher in several),
        train=tuple(utterance for teacher in several for utterance in teacher.train),
        selection=tuple(utterance for teacher in several for utterance in teacher.selection),
    )


def check_teacher(knowledge: Heard, utterances: Sequence[Utterance], split: Split) -> None:
    """Refuse a teacher that knows whom its student is measured on, or selected on.

    Args:
        knowledge: what the teacher knows.
        utterances: the student's whole corpus.
        split: of the student. Its test part must be unknown to the teacher, its selection part
            must not have been learnt from.

    Raises:
        LeakError: naming the study and what it shares with the student's fold.
    """
    sides = (
        (knowledge.train, split.test + split.selection),
        (knowledge.selection, split.test),
    )
    for known, unknown in sides:
        copies = [renamed(utterance, knowledge.study) for utterance in known]
        ids = tuple(utterance.id for utterance in copies)
        cut = Split(name=split.name, train=ids, selection=(), test=unknown)
        if leaks := find([*utterances, *copies], cut):
            raise LeakError(
                f"{split.name}: the {knowledge.role} {knowledge.study} knows {leaks[0].kind} "
                f"{leaks[0].value} of {leaks[0].other_id}, which its student must not; "
                f"{len(leaks)} such pairs; {knowledge.remedy}"
            )


def check_encoder(
    source: str, audio: Collection[str], utterances: Sequence[Utterance], protocol: Protocol
) -> None:
    """Refuse an encoder made with speech of somebody that a head on it is measured or selected on.

    Args:
        source: its name.
        audio: hashes of the recordings it was made with.
        utterances: the head's whole corpus.
        protocol: of the head; one that is labelled leaky may do all.

    Raises:
        LeakError: naming the encoder and what it shares with the first such fold.
    """
    known = tuple(utterance for utterance in utterances if utterance.audio_hash in audio)
    encoder = Heard(study=source, train=known, selection=(), role="encoder")
    for split in () if protocol.leaky else protocol.splits:
        check_teacher(encoder, utterances, split)


def check_init(
    name: str,
    corpora: Collection[str],
    strangers: Collection[str],
    utterances: Sequence[Utterance],
    protocol: Protocol,
) -> None:
    """Refuse a bundle to begin with that was taught by somebody it will be measured or selected on.

    Args:
        name: of the bundle.
        corpora: names of those that it, or a teacher of it, learnt from.
        strangers: speakers of these that it never met.
        utterances: the whole corpus of what begins with it.
        protocol: of that; one that is labelled leaky may do all.

    Raises:
        LeakError: naming the bundle and whom it knows of the first such fold.
    """
    known = tuple(u for u in utterances if may_know(u, corpora, strangers))
    remedy = "leave init out, or take other recordings"
    bundle = Heard(study=name, train=known, selection=(), role="bundle", remedy=remedy)
    for split in () if protocol.leaky else protocol.splits:
        check_teacher(bundle, utterances, split)


def check_unlabelled(
    unlabelled: Sequence[Utterance], utterances: Sequence[Utterance], split: Split
) -> None:
    """Refuse speech without labels of somebody that a student is measured or selected on.

    Args:
        unlabelled: speech that the student learns from, ids as of `renamed`.
        utterances: the student's whole corpus.
        split: of the student.

    Raises:
        LeakError: naming the first offending pair.
    """
    ids = tuple(utterance.id for utterance in unlabelled)
    cut = Split(name=split.name, train=ids, selection=(), test=split.test + split.selection)
    if leaks := find([*utterances, *unlabelled], cut):
        raise LeakError(
            f"{split.name}: {leaks[0].train_id} and {leaks[0].other_id}, which the student is "
            f"measured or selected on, share {leaks[0].kind} {leaks[0].value}; {len(leaks)} such "
            "pairs; take other speech without labels"
        )


def renamed(utterance: Utterance, where: str) -> Utterance:
    """Tell a copy from the student's own; it stays a child of what it is a copy of.

    Args:
        utterance: what a teacher, or another study, knows.
        where: name of that study; stands before the id.
    """
    parent = utterance.parent or utterance.id
    return replace(utterance, id=f"{where}: {utterance.id}", parent=parent)
