"""``lightspeech predict``."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from lightspeech.cli import _archive, _files, _questions, _records
from lightspeech.cli._backend import Backend
from lightspeech.cli._engine import Engine
from lightspeech.cli._questions import MIX
from lightspeech.errors import AudioError, ConfigError
from lightspeech.files import printable
from lightspeech.inference import live
from lightspeech.inference.predictor import Predictor
from lightspeech.inference.recognizer import load
from lightspeech.studies.engine import PROCESSES, elsewhere, workers

Track = Callable[[Iterable[Any], int], Iterable[Any]]
"""Gives items of so many as they come, and may show how far that went."""


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
            help="Folder or address of one, or nano, micro, small; else $LIGHTSPEECH_BUNDLE, else "
            "micro.",
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
            callback=_files.rate,
            help="Stdin is sound without a header, answered as it comes: 16-bit little-endian "
            "mono, RATE in Hz.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            callback=_files.no_recording,
            help="Write here, not to stdout; its form is .csv, .json (an object a line), .txt or "
            ".parquet.",
        ),
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
    as_json, as_csv = _records.form(output, as_json=as_json, as_csv=as_csv)
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
    if explained is not None:
        _check_names(files)
    questions = list(_questions.ask(files, channels))
    texts = _questions.texts(questions, text, transcripts)
    head, line = _records.text_format(recognizer.bundle, questions)
    if as_json:
        head, line = "", json.dumps
    elif as_csv:
        head, line = _records.csv_format(recognizer.bundle, channels)
    with _records.sink(output) as sink, _progress(to_terminal=output is None) as bar:
        if raw is not None:
            segments_heard = live.segments(recognizer, sys.stdin.buffer, raw)
            records: Iterator[_records.Record] = (
                {"path": "-", **_records.of_segment(segment, recognizer.bundle)}
                for segment in segments_heard
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
            records = _records.of_results(
                answered, recognizer.bundle, each=segments is Segments.EACH
            )
        failed = _records.write(sink, head, line, records)
    if explained is not None:
        failed = _explain(recognizer.predictor, files, explained) or failed
    if failed:
        raise typer.Exit(1)


def _check_names(files: list[Path]) -> None:
    """Refuse what cannot be explained side by side before it is answered."""
    from lightspeech.workflows import explain_recordings

    explain_recordings.check_names(files)


def _explain(predictor: Predictor, files: list[Path], folder: Path) -> bool:
    """Write why; files that have no explanation are told. True if there was one."""
    from lightspeech.workflows import explain_recordings  # which takes as long as an answer

    told = list(explain_recordings.explain(predictor, files, folder))
    without = [(path, error) for path, error in told if isinstance(error, AudioError)]
    for path, error in without:
        typer.echo(f"error: {printable(f'{path}: not explained: {error}')}", err=True)
    return bool(without)


def _threads(files: Iterable[Path]) -> int:
    """As many as there are cores; one where standard input may keep a thread waiting for ever."""
    return 1 if _files.STDIN in files else os.cpu_count() or 1


def _progress(*, to_terminal: bool) -> AbstractContextManager[Track]:
    """A bar on stderr, unless the answers themselves run over the same screen."""
    if not sys.stderr.isatty() or (to_terminal and sys.stdout.isatty()):
        return nullcontext(lambda answered, total: answered)
    from lightspeech.cli import _progress as progress  # rich, which nobody waits for without a bar

    return progress.tracking()
