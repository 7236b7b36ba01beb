"""What a study is made of: the recordings of its corpora that take part, kept as its manifest."""

import dataclasses
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lightspeech.corpora import labels, manifest, preparing
from lightspeech.corpora.base import Rejected, Utterance
from lightspeech.errors import CorpusError
from lightspeech.progress import Progress
from lightspeech.studies import tasks
from lightspeech.studies.recipe import Recipe
from lightspeech.training import layout


@dataclasses.dataclass(frozen=True, kw_only=True)
class Material:
    """What a study is made of: all that its vocabulary has in all its corpora.

    Attributes:
        utterances: in the order of the corpora.
        notices: what takes no part, and what to do about it, in words.
    """

    utterances: list[Utterance]
    notices: tuple[str, ...] = ()


def prepare(recipe: Recipe, folder: Path, *, progress: Progress) -> Material:
    """Read the corpora of a study, and write its manifest.

    Args:
        recipe: names corpora and vocabulary.
        folder: of the study.
        progress: told of every file decoded.

    Raises:
        CorpusError: as `read_corpora` and `write_manifest`.
    """
    material = read_corpora(recipe, progress=progress)
    write_manifest(material, folder)
    return material


def read_corpora(recipe: Recipe, *, progress: Progress) -> Material:
    """List and decode the corpora of a study, and keep what its vocabulary has.

    Args:
        recipe: names corpora, how their labels are mapped, and the vocabulary.
        progress: told of every file decoded.

    Raises:
        ConfigError: if no recording has a label that is to be mapped.
        CorpusError: if a corpus is not there, two share a recording, or too little is left.
    """
    prepared = [preparing.prepare(choice, progress=progress) for choice in recipe.corpora]
    found = [utterance for corpus in prepared for utterance in corpus.utterances]
    utterances = labels.relabel(found, recipe.map)
    sure = labels.uncontradicted(utterances)
    kept = (
        recipe.ratings.rated(sure) if recipe.ratings else tasks.in_vocabulary(sure, recipe.labels)
    )
    if twice := [name for name, n in Counter(u.id for u in kept).items() if n > 1]:
        raise CorpusError(f"{twice[0]!r} is in two of the corpora; leave one of them out")
    rejected = [each for corpus in prepared for each in corpus.rejected]
    known = {u.id for u in sure}
    doubtful = [u for u in utterances if u.id not in known]
    notices = _notices(sure, kept, rejected, doubtful, recipe)
    return Material(utterances=kept, notices=tuple(notices))


def _notices(
    utterances: list[Utterance],
    kept: list[Utterance],
    rejected: list[Rejected],
    doubtful: list[Utterance],
    recipe: Recipe,
) -> Iterator[str]:
    """Say what of the recordings takes no part in a study."""
    if doubtful:
        yield (
            f"left out {len(doubtful)} recordings that are one sound under two labels, "
            f"first {doubtful[0].id}"
        )
    if rejected:
        first = rejected[0]
        yield f"left out {len(rejected)} files, first {first.path}: {first.reason}"
    if recipe.ratings is not None and len(kept) < len(utterances):
        yield f"left out {len(utterances) - len(kept)} recordings that lack a rating"
    elif len(kept) < len(utterances):
        ids = {utterance.id for utterance in kept}
        strange = [u.emotion for u in utterances if u.id not in ids]
        yield labels.left_out(strange, len(utterances), labels.VOCABULARIES[recipe.labels])


def write_manifest(material: Material, folder: Path) -> None:
    """Write the manifest of a study that begins, or compare it with what is there now.

    Args:
        material: of `read_corpora`.
        folder: of the study.

    Raises:
        CorpusError: if the study was begun with other recordings, speakers or labels.
    """
    path, kept = folder / layout.MANIFEST, material.utterances
    if path.exists() and _content(manifest.read(path, need_audio=False)) != _content(kept):
        raise CorpusError(
            f"{path} lists other recordings, speakers or labels than there are now; bring them "
            "back, or add --fresh (start anew)"
        )
    manifest.write(kept, path)


def _content(utterances: list[Utterance]) -> list[tuple[str, str, str, str]]:
    return [(u.id, *manifest.identity(u)) for u in utterances]
