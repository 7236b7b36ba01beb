"""Emotion vocabularies, and the one table of how each corpus's own labels map onto them."""

from collections.abc import Iterable

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
}
"""A corpus's own label → the name it has in the common vocabularies."""

VOCABULARIES = {
    "common4": ("angry", "happy", "neutral", "sad"),
    "common6": ("angry", "disgusted", "fearful", "happy", "neutral", "sad"),
    "common7": ("angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised"),
    "common8": ("angry", "calm", "disgusted", "fearful", "happy", "neutral", "sad", "surprised"),
}
"""Common class sets. A label outside the set is left out, never folded into a neighbour."""

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
    """
    if vocabulary == OWN:
        return label
    if vocabulary not in VOCABULARIES:
        allowed = [OWN, *VOCABULARIES]
        raise ConfigError(f"unknown label vocabulary {vocabulary!r}; choose one of {allowed}")
    common = CANONICAL.get(label, label)
    return common if common in VOCABULARIES[vocabulary] else None
