"""Emotion vocabularies, and the one table of how each corpus's own labels map onto them."""

import json
import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from lightspeech.corpora._spelling import key
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError

CANONICAL = {
    "anger": "angry",
    "angry": "angry",
    "ang": "angry",
    "happiness": "happy",
    "happy": "happy",
    "hap": "happy",
    "joy": "happy",
    "neutral": "neutral",
    "neu": "neutral",
    "sadness": "sad",
    "sad": "sad",
    "calm": "calm",
    "fear": "fearful",
    "fearful": "fearful",
    "fea": "fearful",
    "disgust": "disgusted",
    "disgusted": "disgusted",
    "dis": "disgusted",
    "surprise": "surprised",
    "surprised": "surprised",
    "sur": "surprised",
    "boredom": "bored",
    "exc": "excited",
    "fru": "frustrated",
    "oth": "other",
    "xxx": "undecided",
    "unpleasant": "unpleasant",
}
"""A corpus's own label → the name it has in the common vocabularies."""

VOCABULARIES = {
    "common4": ("angry", "happy", "neutral", "sad"),
    "common6": ("angry", "disgusted", "fearful", "happy", "neutral", "sad"),
    "common7": ("angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised"),
    "common8": ("angry", "calm", "disgusted", "fearful", "happy", "neutral", "sad", "surprised"),
    "tinyml4": ("happy", "neutral", "surprised", "unpleasant"),
}
"""Common class sets. A label outside the set is left out, never folded into a neighbour but by the
``map`` of a recipe, as those of the TinyML project join anger and sadness."""

OWN = "own"
"""Each corpus's own labels, untouched."""


def vocabulary_of(classes: Iterable[str]) -> str:
    """Name the common vocabulary of these very classes; where there is none, `OWN`."""
    labels = sorted(classes)
    return next((name for name, known in VOCABULARIES.items() if sorted(known) == labels), OWN)


def map_label(label: str, vocabulary: str) -> str | None:
    """Map a corpus's own label into a vocabulary; None where the vocabulary has no such class.

    Args:
        label: as the corpus says it; one that `CANONICAL` does not know is taken as it is.
        vocabulary: a key of `VOCABULARIES`, or `OWN`.

    Raises:
        ConfigError: if the vocabulary is unknown.

    Example:
        >>> map_label("happiness", "common4"), map_label("boredom", "common4")
        ('happy', None)
        >>> map_label("Happiness ", "common4")
        'happy'
    """
    if vocabulary == OWN:
        return label
    if vocabulary not in VOCABULARIES:
        allowed = [OWN, *VOCABULARIES]
        raise ConfigError(f"unknown label vocabulary {vocabulary!r}; choose one of {allowed}")
    common = common_name(label)
    return common if common in VOCABULARIES[vocabulary] else None


def common_name(label: str) -> str:
    """Give what the common vocabularies call a label; one that they do not know stays as it is.

    Args:
        label: as a corpus or a model says it.

    Example:
        >>> common_name("Anger "), common_name("pride")
        ('angry', 'pride')
    """
    return CANONICAL.get(key(label), key(label))


def class_of(label: str, vocabulary: str, classes: Iterable[str]) -> str | None:
    """Find the class of a label among those of a model, in any case; None where it has none.

    Args:
        label: as the corpus says it.
        vocabulary: a key of `VOCABULARIES`, or `OWN`.
        classes: of the model.

    Raises:
        ConfigError: if the vocabulary is unknown.
    """
    mapped = map_label(label, vocabulary)
    return None if mapped is None else {key(name): name for name in classes}.get(key(mapped))


def relabel(utterances: Sequence[Utterance], names: Mapping[str, str]) -> list[Utterance]:
    """Give recordings the labels that their user says, whatever the case of theirs.

    Args:
        utterances: with the labels they came with.
        names: label to take by the label that is there; an empty one leaves its recordings out.

    Raises:
        ConfigError: if no recording has a label that is to be mapped.
    """
    wanted = {key(label): name for label, name in names.items()}
    there = Counter(u.emotion for u in utterances)
    if unknown := [label for label in names if key(label) not in {key(each) for each in there}]:
        raise ConfigError(f"map: no recording is labelled {unknown[0]!r}; found {counted(there)}")
    mapped = [replace(u, emotion=wanted.get(key(u.emotion), u.emotion)) for u in utterances]
    return [u for u in mapped if u.emotion]


def uncontradicted(utterances: Sequence[Utterance]) -> list[Utterance]:
    """Leave out every sound that is there under two labels: which is right, nobody can tell.

    Args:
        utterances: of one or several corpora, with the hash of their sound.
    """
    names = defaultdict[str, set[str]](set)
    for u in utterances:
        names[u.audio_hash].add(key(u.emotion))
    return [u for u in utterances if not u.audio_hash or len(names[u.audio_hash]) == 1]


def counted(labels: Iterable[str]) -> str:
    """Write labels with how often each comes, the commonest first.

    Args:
        labels: one a recording.

    Example:
        >>> counted(["Wut", "Freude", "Wut"])
        "'Wut' (2), 'Freude' (1)"
    """
    return ", ".join(f"{label!r} ({n})" for label, n in Counter(labels).most_common())


def left_out(labels: Sequence[str], n: int, classes: Iterable[str]) -> str:
    """Say which recordings take no part, under which of their labels, and what to do about it.

    Args:
        labels: of those left out, as their user wrote them, at least one.
        n: recordings in all.
        classes: that there are.

    Example:
        >>> left_out(["Wut"], 3, ["angry", "sad"])
        "left out 1 of 3 recordings, labelled 'Wut' (1); classes are angry, sad; say which \
one they are, as in --map Wut=angry (in a recipe map: {Wut: angry})"
    """
    classes = sorted(classes)
    first, name = Counter(labels).most_common(1)[0][0], classes[0]
    return (
        f"left out {len(labels)} of {n} recordings, labelled {counted(labels)}; classes are "
        f"{', '.join(classes)}; say which one they are, as in --map {shlex.quote(first)}={name} "
        f"(in a recipe map: {{{_quoted(first)}: {name}}})"
    )


def _quoted(label: str) -> str:
    """Write a label as YAML takes it."""
    return label if re.fullmatch(r"\w[\w -]*", label) else json.dumps(label, ensure_ascii=False)
