"""Folds by actor that are written down: the same whoever shuffles, and whatever recording is lost.

The protocols of one corpus each, such as `ravdess_pinned`, hold the numbers of its actors.
"""

from collections.abc import Sequence

from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.protocols.base import Protocol, split_by, units

Actors = tuple[int, ...]


def cut_pinned(
    utterances: list[Utterance],
    folds: Sequence[tuple[Actors, Actors]],
    *,
    corpus: str,
    name: str,
    selection: str,
) -> Protocol:
    """Cut a corpus into folds that are written down; training gets all other actors.

    Args:
        utterances: all of the corpus.
        folds: test actors and selection actors of each; every actor is tested once.
        corpus: whose speakers are named ``corpus/number``, the number of two digits or more.
        name: of the protocol, as results files carry it.
        selection: in words, what the selection set is.

    Raises:
        ConfigError: if the utterances are not those of all the actors, and of nobody else.
    """
    speakers = units(utterances, "speaker")
    actors = sorted(name for test, _ in folds for name in _named(corpus, test))
    if speakers != actors:
        differing = sorted(set(speakers) ^ set(actors))
        raise ConfigError(
            f"pinned folds are for the {len(actors)} actors of {corpus}, found {len(speakers)} "
            f"speakers, first that differs {differing[0]!r}; choose protocol.name=grouped-k-fold "
            "for other recordings"
        )
    return Protocol(
        name=name,
        unit="speaker",
        selection=selection,
        leaky=False,
        splits=tuple(
            split_by(
                utterances,
                "speaker",
                name=f"fold {fold}",
                selection=_named(corpus, selected),
                test=_named(corpus, test),
            )
            for fold, (test, selected) in enumerate(folds)
        ),
    )


def _named(corpus: str, numbers: Actors) -> set[str]:
    return {f"{corpus}/{number:02}" for number in numbers}
