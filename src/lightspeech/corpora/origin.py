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


def may_know(
    utterance: Utterance, corpora: Collection[str], strangers: Collection[str] = ()
) -> bool:
    """Tell whether who learnt from some corpora may have heard who speaks.

    Args:
        utterance: of any corpus; of a copy it counts whose recording it was, see `original`.
        corpora: names of those that were learnt from. That of a reader of one's own recordings is
            none, see `is_own`: what was learnt from is not known then, and it may be anybody.
        strangers: speakers that were not, of whatever corpus.
    """
    source = original(utterance, corpora)
    is_known = source.corpus in corpora or any(map(is_own, corpora))
    return is_known and source.speaker not in strangers


@cache
def is_own(name: str) -> bool:
    """Tell whether a name is that of a reader of somebody's own recordings, as folder and csv are.

    Such a reader has no labels of its own, and its corpora have names of their own.

    Args:
        name: of a corpus, or of a reader.
    """
    return name in plugins.names(PACKAGE) and not plugins.load(PACKAGE, name).INFO.labels


@cache
def _parser(corpus: str) -> Callable[[Path], Utterance | str] | None:
    """What reads the file names of a corpus; None where it is none of ours, or they tell little."""
    known = corpus in plugins.names(PACKAGE)
    return getattr(plugins.load(PACKAGE, corpus), "parse", None) if known else None
