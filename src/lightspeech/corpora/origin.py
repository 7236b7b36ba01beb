"""Whose recording a file is after somebody copied it into a folder of his own: its name tells."""

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import cache
from pathlib import Path

from lightspeech import plugins
from lightspeech.corpora.base import Utterance

PACKAGE = "lightspeech.corpora"


def original(utterance: Utterance, corpora: Collection[str]) -> Utterance:
    """Give a recording corpus and speaker of the corpus that its file is named after.

    What was read as a corpus of its own stays what it is: names of two corpora may look alike.

    Args:
        utterance: of any corpus, or of somebody's folder or table.
        corpora: those that it may come from; of those whose files do not tell, it cannot be known.
    """
    if utterance.corpus in corpora or _parser(utterance.corpus):
        return utterance
    for parse in filter(None, map(_parser, sorted(corpora))):
        found = parse(utterance.path)
        if isinstance(found, Utterance):
            return replace(utterance, corpus=found.corpus, speaker=found.speaker)
    return utterance


@cache
def _parser(corpus: str) -> Callable[[Path], Utterance | str] | None:
    """What reads the file names of a corpus; None where it is none of ours, or they tell little."""
    known = corpus in plugins.names(PACKAGE)
    return getattr(plugins.load(PACKAGE, corpus), "parse", None) if known else None
