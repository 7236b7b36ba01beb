"""``lightspeech predict``."""

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from lightspeech.audio import decoding, reading, remote
from lightspeech.audio.reading import Audio, Channel
from lightspeech.bundle import Bundle
from lightspeech.cli import _archive, _files
from lightspeech.cli._backend import Backend
from lightspeech.cli._engine import Engine
from lightspeech.corpora.by_path import from_table
from lightspeech.errors import AudioError, ConfigError, CorpusError
from lightspeech.files import printable, replacing
from lightspeech.inference import answers, live
from lightspeech.inference.answers import NONE, Segment
from lightspeech.inference.parallel import Result
from lightspeech.inference.predictor import Predictor
from lightspeech.inference.recognizer import load
from lightspeech.studies.engine import PROCESSES, elsewhere, workers

Record = dict[str, Any]
"""An answer (`FIELDS` and ``probabilities``) or a failure (``path, error``)."""

Format = Callable[[Record], str]
Track = Callable[[Iterable[Any], int], Iterable[Any]]
"""Gives items of so many as they come, and may show how far that went."""

UNCERTAIN = "uncertain"
FIELDS = ("path", "start_s", "end_s", "label", "uncertain", "speech", "model", "error")


MIX, EACH = "mix", "each"


@dataclass(frozen=True)
class Question:
    """What is asked, and how the answer is called.

    Attributes:
        path: of the file.
        audio: it, or a channel of it.
        channel: which one, from 1; None for their mean.
    """

    path: Path
    audio: Audio
    channel: int | None = None

    def named(self) -> Record:
        """Give the first fields of its record."""
        path = {"path": _encodable(remote.shown(self.path))}
        return path if self.channel is None else {**path, "channel": self.channel}

    def told(self, error: AudioError) -> str:
        """Call what lies elsewhere by its address."""
        if remote.address(self.path) is None:
            return str(error)
        return str(error).replace(decoding.STREAM, remote.shown(self.path), 1)


class Segments(StrEnum):
    """Which segments of a recording over ten seconds are told."""

    MERGED = "merged"
    EACH = "each"


def command(
    path: Annotated[
        list[Path],
        typer.Argument(  # a parser, since typer makes a new one for each path of its own kind
            parser=Path, help="Audio files, folders, addresses of such, or - for stdin."
        ),
    ],
    bundle_path: Annotated[
        Path | None,
        typer.Option(
            "--bundle",
            help="Folder, or nano, micro, small; else $LIGHTSPEECH_BUNDLE, else micro.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="A table, one column a class.")] = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="One answer a file, however long.")
    ] = False,
    segments: Annotated[
        Segments, typer.Option(help="Neighbours of one label as one, or each hop of the windows.")
    ] = Segments.MERGED,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Processes at once; default: one, with a thread a core."),
    ] = None,
    backend: Backend = None,
    channels: Annotated[
        str, typer.Option(help="mix, each (a row a channel), or the number of one, from 1.")
    ] = MIX,
    raw: Annotated[
        int | None,
        typer.Option(
            metavar="RATE",
            help="Stdin is sound without a header, answered as it comes: 16-bit little-endian "
            "mono, RATE in Hz.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Write here, not to stdout; .csv, .json or .parquet is the form."),
    ] = None,
    engine: Engine = PROCESSES,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a .parquet that was cut off.")
    ] = False,
    text: Annotated[
        str | None, typer.Option(help="What is said, for a model that reads it too; '' if unknown.")
    ] = None,
    transcripts: Annotated[
        Path | None, typer.Option(help="Table with the columns path and transcript instead.")
    ] = None,
    explained: Annotated[
        Path | None,
        typer.Option(
            "--explain",
            metavar="DIR",
            help="Also write why into this folder: three sentences and a picture a file.",
        ),
    ] = None,
) -> None:
    """Recognise the emotion in audio of any format, rate and length.

    A recording over ten seconds is answered by segments; where nobody speaks
    the answer is none; what is below the bundle's threshold is uncertain, and
    what is speech for less than two fifths of the time; a file that fails does
    not stop the others, but the exit code is 1.

    Example: lightspeech predict recordings/ --bundle nano --json
    """
    if as_json and as_csv:
        raise ConfigError("--json and --csv are both given; choose one")
    if output is not None and not as_json:
        as_csv = as_csv or output.suffix == ".csv"
        as_json = not as_csv and output.suffix in (".json", ".jsonl")
    if raw is not None and (path != [_files.STDIN] or whole or channels != MIX):
        raise ConfigError(
            "--raw answers standard input alone, one channel, as it comes; give - and leave out "
            "--whole and --channels"
        )
    if explained is not None and (_files.STDIN in path or channels != MIX):
        raise ConfigError("--explain is of files as they are; leave out - and --channels")
    if (table := _archive.table(path, output)) is not None:
        return _archive.answer(
            path,
            bundle_path,
            backend,
            table,
            whole=whole,
            each=segments is Segments.EACH,
            processes=processes,
            resume=resume,
            others={
                "--channels": channels != MIX,
                "--raw": raw is not None,
                "--text": text is not None,
                "--transcripts": transcripts is not None,
                "--explain": explained is not None,
                "--json": as_json,
                "--csv": as_csv,
            },
        )
    if resume:
        raise ConfigError("--resume goes on with answers in a .parquet; leave it out")
    recognizer = load(bundle_path, backend=backend)
    files = _files.expand(path)
    questions = list(_questions(files, channels))
    texts = _texts(questions, text, transcripts)
    head, line = _text_format(recognizer.bundle, questions)
    if as_json:
        head, line = "", json.dumps
    elif as_csv:
        head, line = _csv_format(recognizer.bundle, channels)
    with _sink(output) as sink, _progress(to_terminal=output is None) as bar:
        if raw is not None:
            segments_heard = live.segments(recognizer, sys.stdin.buffer, raw)
            records: Iterator[Record] = (
                {"path": "-", **_record(segment, recognizer.bundle)} for segment in segments_heard
            )
        else:
            results = recognizer.batch(
                [question.audio for question in questions],
                texts=texts,
                whole=whole,
                at_once=_threads(files),
                processes=processes or (workers(None) if elsewhere() else 1),
            )
            answered = bar(zip(questions, results, strict=True), len(questions))
            records = _records(answered, recognizer.bundle, each=segments is Segments.EACH)
        failed = _write(sink, head, line, records)
    if explained is not None:
        failed = _explain(recognizer.predictor, files, explained) or failed
    if failed:
        raise typer.Exit(1)


def _explain(predictor: Predictor, files: list[Path], folder: Path) -> bool:
    """Write why; files that have no explanation are told. True if there was one."""
    from lightspeech.workflows import explain_recordings  # which takes as long as an answer

    told = list(explain_recordings.explain(predictor, files, folder))
    without = [(path, error) for path, error in told if isinstance(error, AudioError)]
    for path, error in without:
        typer.echo(f"error: {printable(f'{path}: not explained: {error}')}", err=True)
    return bool(without)


def _questions(files: Iterable[Path], channels: str) -> Iterator[Question]:
    """Ask for each file, or for one or each of its channels."""
    if channels not in (MIX, EACH) and not (channels.isdecimal() and int(channels)):
        raise ConfigError(f"--channels {channels!r}; allowed are mix, each and a number from 1")
    for path in files:
        audio = _opened(path)
        if channels == MIX:
            yield Question(path, audio)
        elif channels == EACH:
            yield from _each(path, audio)
        else:
            yield Question(path, Channel(audio, int(channels)), int(channels))


def _opened(path: Path) -> reading.Recording:
    if path == _files.STDIN:
        return sys.stdin.buffer
    if remote.address(path) is None:
        return path
    return remote.opened(path, max_bytes=remote.MAX_BYTES)


def _each(path: Path, audio: reading.Recording) -> Iterator[Question]:
    try:
        for channel in reading.channels(audio):
            yield Question(path, channel, channel.number)
    except AudioError:
        yield Question(path, audio)  # whose answer is that error


def _texts(
    questions: Sequence[Question], text: str | None, transcripts: Path | None
) -> list[str] | None:
    """What is said in each: one text, or that of a table by the paths of the files."""
    if transcripts is None:
        return None if text is None else [text] * len(questions)
    if text is not None:
        raise ConfigError("--text and --transcripts are both given; choose one")
    cell = from_table(transcripts, {}, "transcript")
    texts = [cell(question.path.as_posix()) for question in questions]
    for question, said in zip(questions, texts, strict=True):
        if said is None:
            raise CorpusError(
                f"{transcripts}: no row of {question.path}, or two; add one, with an empty cell "
                "where nobody knows what is said"
            )
    return [said or "" for said in texts]


def _threads(files: Iterable[Path]) -> int:
    """As many as there are cores; one where standard input may keep a thread waiting for ever."""
    return 1 if _files.STDIN in files else os.cpu_count() or 1


def _write(sink: TextIO, head: str, line: Format, records: Iterable[Record]) -> bool:
    """Write as answers come; failures go to stderr too. True if there was one."""
    failed = False
    if head:
        typer.echo(head, file=sink)
    for record in records:
        if "error" in record:
            failed = True
            typer.echo(f"error: {printable(record['error'])}", err=True)
        if text := line(record):
            typer.echo(text, file=sink)
    return failed


def _records(
    answered: Iterable[tuple[Question, Result]], bundle: Bundle, *, each: bool
) -> Iterator[Record]:
    for question, result in answered:
        if isinstance(result, AudioError):
            yield {**question.named(), "error": _encodable(question.told(result))}
        elif isinstance(result, Exception):
            raise result
        else:
            for segment in result.hops if each else result.segments:
                yield {**question.named(), **_record(segment, bundle)}


def _encodable(text: object) -> str:
    # A file name may hold bytes that are no UTF-8, which no stream would take.
    return str(text).encode("utf-8", "backslashreplace").decode()


def _record(segment: Segment, bundle: Bundle) -> Record:
    return {**answers.record(segment), "model": bundle.name}


def _csv_format(bundle: Bundle, channels: str) -> tuple[str, Format]:
    fields = FIELDS if channels == MIX else (FIELDS[0], "channel", *FIELDS[1:])

    def line(record: Record) -> str:
        numbers = record.get("ratings") or record.get("probabilities", {})
        plain = (record.get(field, "") for field in fields)
        return _csv((*plain, *(numbers.get(label, "") for label in bundle.labels)))

    prefix = "p_" if bundle.scale is None else ""
    return _csv((*fields, *(f"{prefix}{label}" for label in bundle.labels))), line


def _csv(values: Iterable[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()


def _text_format(bundle: Bundle, questions: Iterable[Question]) -> tuple[str, Format]:
    file = max(len(_name(question.named())) for question in questions)
    label = max(len(name) for name in (*bundle.labels, UNCERTAIN, NONE))
    last = "likeliest" if bundle.scale is None else "ratings"

    def line(record: Record) -> str:
        if "error" in record:
            return ""
        ranked = sorted(record["probabilities"].items(), key=lambda item: -item[1])[:3]
        likeliest = ", ".join(f"{name} {value:.0%}" for name, value in ranked)
        likeliest += ", ".join(
            f"{name} {value:.2f}" for name, value in record.get("ratings", {}).items()
        )
        answer = UNCERTAIN if record["uncertain"] else record["label"]
        return f"{_name(record):<{file}}  {record['start_s']:8.1f}  {record['end_s']:8.1f}  " + (
            NONE if record["label"] == NONE else f"{answer:<{label}}  {likeliest}"
        )

    return f"{'file':<{file}}  {'from s':>8}  {'to s':>8}  {'emotion':<{label}}  {last}", line


def _name(record: Record) -> str:
    path = printable(record["path"])
    return f"{path} [{record['channel']}]" if "channel" in record else path


@contextmanager
def _sink(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    with (
        replacing(output) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as file,
    ):
        yield file


def _progress(*, to_terminal: bool) -> AbstractContextManager[Track]:
    """A bar on stderr, unless the answers themselves run over the same screen."""
    if not sys.stderr.isatty() or (to_terminal and sys.stdout.isatty()):
        return nullcontext(lambda answered, total: answered)
    from lightspeech.cli import _progress as progress  # rich, which nobody waits for without a bar

    return progress.tracking()
