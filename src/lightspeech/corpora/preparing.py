"""Recordings of a corpus as they lie on this disk: decoded once, what cannot be is named."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from lightspeech.audio.io import inspect
from lightspeech.config import Choice
from lightspeech.corpora.base import Info, Reading, Rejected, Utterance
from lightspeech.errors import AudioError, CorpusError
from lightspeech.progress import Progress, no_progress, step_of

Decoded = Utterance | Rejected
Each = Callable[[Callable[[Utterance], Decoded], list[Utterance]], Iterable[Decoded]]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A corpus as it lies on this disk.

    Attributes:
        name: of the corpus.
        info: what the official release holds.
        utterances: every recording that was read and decoded, in the order of the reader.
        rejected: every other audio file below the root, with its reason.
        skipped: files below the root that are no audio.
        duplicates: ids of recordings with the same decoded samples, a tuple a group.
    """

    name: str
    info: Info
    utterances: list[Utterance]
    rejected: list[Rejected]
    skipped: list[Path]
    duplicates: list[tuple[str, ...]]


def in_threads(
    function: Callable[[Utterance], Decoded], utterances: list[Utterance]
) -> Iterator[Decoded]:
    """Call a function on every utterance, a thread a core at once: decoding leaves Python.

    Args:
        function: called once for each.
        utterances: may be none.

    Yields:
        The results, in their order.
    """
    with ThreadPoolExecutor() as pool:
        yield from pool.map(function, utterances)


def prepare(
    choice: Choice, *, progress: Progress = no_progress, each: Each = in_threads
) -> Prepared:
    """Read a corpus and decode each of its files once; a broken file is rejected, with its reason.

    Args:
        choice: plug-in of ``lightspeech.corpora`` with its configuration.
        progress: told of every file decoded.
        each: decodes several at once.

    Raises:
        CorpusError: if the corpus is not there, or none of its files can be decoded.
    """
    reading: Reading = choice.module.read(choice.config)
    utterances, broken = decode(reading.utterances, progress=progress, each=each)
    if not utterances:
        raise CorpusError(
            f"{choice.name}: none of {len(broken)} recordings can be decoded; "
            f"first: {broken[0].path} ({broken[0].reason})"
        )
    return Prepared(
        name=choice.name,
        info=choice.module.INFO,
        utterances=utterances,
        rejected=reading.rejected + broken,
        skipped=reading.skipped,
        duplicates=duplicates(utterances),
    )


def decode(
    utterances: list[Utterance], *, progress: Progress = no_progress, each: Each = in_threads
) -> tuple[list[Utterance], list[Rejected]]:
    """Fill in duration, sample rate and hash, several recordings at once.

    Args:
        utterances: as a reader gives them.
        progress: told of every file decoded.
        each: calls a function on every utterance, and gives results in their order.

    Returns:
        Those that can be decoded, in their order, and those that cannot, with the reason.
    """
    decoded: list[Utterance] = []
    rejected: list[Rejected] = []
    step = step_of("recordings", len(utterances), progress)
    for result in each(_decode, utterances):
        if isinstance(result, Rejected):
            rejected.append(result)
        else:
            decoded.append(result)
        step()
    return decoded, rejected


def _decode(utterance: Utterance) -> Decoded:
    try:
        audio = inspect(utterance.path)
    except AudioError as error:
        reason = str(error).removeprefix(f"{utterance.path}: ")
        return Rejected(path=utterance.path, reason=reason)
    return replace(
        utterance,
        duration_s=round(audio.duration_s, 4),
        sample_rate=audio.sample_rate,
        audio_hash=audio.audio_hash,
    )


def duplicates(utterances: list[Utterance]) -> list[tuple[str, ...]]:
    """Group the ids of recordings whose decoded samples are the same."""
    groups: dict[str, list[str]] = defaultdict(list)
    for utterance in utterances:
        groups[utterance.audio_hash].append(utterance.id)
    return [tuple(ids) for ids in groups.values() if len(ids) > 1]
