"""Answers to whole archives, as a folder of Parquet files: one a part, written whole or not at all.

So nothing is lost and nothing comes twice, whoever is killed, and memory does not grow.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lightspeech.audio import archives
from lightspeech.audio.archives import Part
from lightspeech.bundle import Bundle
from lightspeech.errors import AudioError, MissingExtra, OutputError
from lightspeech.files import printable, read_json, replacing, write_json
from lightspeech.inference import answers, parallel
from lightspeech.inference.recognizer import Recognizer, load
from lightspeech.progress import Progress
from lightspeech.studies import engine

if TYPE_CHECKING:
    import pyarrow as pa

ABOUT = "_about.json"
"""What was asked; readers of Parquet leave out what begins with a line or a dot."""
ROWS = 1024
"""That a worker holds until they are written."""
ANSWERED = b"lightspeech"
"""Key of what each file says of itself, an `Answered`."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of every recording.

    Attributes:
        bundle: folder, or name of a shipped one; None: the usual one.
        backend: what answers, as of `load`.
        whole: one answer a recording, however long.
        each: every hop of the windows, instead of neighbours of one label as one.
        output: folder of the answers, whose name ends in ``.parquet``.
    """

    bundle: Path | None
    backend: str | None
    whole: bool
    each: bool
    output: Path


@dataclass
class Answered:
    """What an archive, or a part of it, came to.

    Attributes:
        recordings: in all.
        failed: of these, no audio or damaged.
        seconds: of sound in the others.
    """

    recordings: int = 0
    failed: int = 0
    seconds: float = 0.0


def answer(
    sources: Iterable[Path],
    question: Question,
    *,
    progress: Progress,
    resume: bool = False,
    processes: int | None = None,
) -> Answered:
    """Answer archives, but for the parts that were answered before.

    Answers to what is no longer in the archive, or another file now, are removed.

    Args:
        sources: tar files, folders and recordings.
        question: what is asked.
        progress: told of parts, of as many as were found so far.
        resume: go on in a folder that is there.
        processes: that answer at once; None: one a core.

    Raises:
        AudioError: if a source is not there.
        BundleError: if there is no such bundle.
        MissingExtra: if pyarrow is not installed.
        OutputError: if the folder is there and is not to be gone on with, or is no such folder.
        WorkerError: if a process was killed.
    """
    bundle = load(question.bundle, backend=question.backend).bundle
    schema(bundle)
    _begin(question, bundle, resume=resume)
    found: set[str] = set()

    def todo() -> Iterator[Part]:
        for part in archives.parts(sources):
            file = question.output / f"{part.name}.parquet"
            if file.name not in found and not file.exists():
                yield part
            found.add(file.name)

    for n_done, _ in enumerate(engine.stream(partial(_answer, question), todo(), processes), 1):
        progress("parts", n_done, len(found))
    for path in question.output.iterdir():
        if path.name not in found and path.name != ABOUT:
            path.unlink()  # of an earlier state of the archive, or half of a worker that was killed
    return _counted(question.output)


def schema(bundle: Bundle) -> "pa.Schema":
    """Name the columns: those of the CSV of ``predict``.

    Args:
        bundle: tells classes apart, or ratings.

    Raises:
        MissingExtra: if pyarrow is not installed.
    """
    try:
        import pyarrow as pa
    except ModuleNotFoundError:
        raise MissingExtra("Parquet", "parquet") from None
    text, number = pa.string(), pa.float64()
    numbers = {column: number for column in _columns(bundle).values()}
    return pa.schema(
        {
            "path": text, "start_s": number, "end_s": number, "label": text,
            "uncertain": pa.bool_(), "speech": number, "model": text, "error": text, **numbers,
        }
    )  # fmt: skip


def _columns(bundle: Bundle) -> dict[str, str]:
    """Give the column of each class, or rating."""
    prefix = "p_" if bundle.scale is None else ""
    return {label: f"{prefix}{label}" for label in bundle.labels}


def _begin(question: Question, bundle: Bundle, *, resume: bool) -> None:
    """Make the folder, or refuse one in which something else was asked."""
    folder, file = question.output, question.output / ABOUT
    asked = {"backend": question.backend, "whole": question.whole, "each": question.each}
    about = {"bundle": bundle.sha256, **asked}
    if folder.exists() and not file.is_file():
        raise OutputError(f"{folder} is no folder of answers; name another --output")
    if not any(folder.glob("*.parquet")):
        write_json(file, about)
    elif not resume:
        raise OutputError(f"{folder} is there already; add --resume, or name another --output")
    elif read_json(file, error=OutputError, remedy="name another --output") != about:
        raise OutputError(
            f"{folder} was begun with another bundle, or other options; name another --output"
        )


def _answer(question: Question, part: Part) -> None:
    """Answer a part into a file of its own."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    recognizer = _open(question.bundle, question.backend)
    columns, count = schema(recognizer.bundle), Answered()
    rows = _rows(recognizer, part, question, count)
    with replacing(question.output / f"{part.name}.parquet") as temporary:
        with pq.ParquetWriter(temporary, columns) as writer:
            while some := list(islice(rows, ROWS)):
                writer.write_table(pa.Table.from_pylist(some, columns))
            writer.add_key_value_metadata({ANSWERED: json.dumps(asdict(count))})


@lru_cache(maxsize=1)
def _open(bundle: Path | None, backend: str | None) -> Recognizer:
    """Open the bundle, once in each process."""
    return load(bundle, backend=backend)


def _rows(
    recognizer: Recognizer, part: Part, question: Question, count: Answered
) -> Iterator[dict[str, Any]]:
    columns = _columns(recognizer.bundle)
    for path, audio in archives.recordings(part):
        count.recordings += 1
        named = {"path": printable(path), "model": recognizer.bundle.name}
        result = (
            audio
            if isinstance(audio, AudioError)
            else parallel.result(recognizer, audio, whole=question.whole)
        )
        if isinstance(result, AudioError):
            count.failed += 1
            yield {**named, "error": printable(result)}
        elif isinstance(result, Exception):
            raise result
        else:
            count.seconds += result.duration_s
            for segment in result.hops if question.each else result.segments:
                record = answers.record(segment)
                numbers = record.pop("ratings", None) or record["probabilities"]
                yield {**named, **record, **{columns[key]: x for key, x in numbers.items()}}


def _counted(folder: Path) -> Answered:
    import pyarrow.parquet as pq

    files = sorted(folder.glob("*.parquet"))
    said = [json.loads(pq.read_metadata(file).metadata[ANSWERED]) for file in files]
    return Answered(**{name: sum(each[name] for each in said) for name in vars(Answered())})
