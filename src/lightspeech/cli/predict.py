"""``lightspeech predict``."""

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.progress import Progress

from lightspeech.audio.reading import Audio
from lightspeech.bundle import Bundle
from lightspeech.cli import _files
from lightspeech.errors import AudioError, ConfigError
from lightspeech.files import replacing
from lightspeech.inference.answers import Segment
from lightspeech.inference.parallel import Result
from lightspeech.inference.recognizer import load

Record = dict[str, Any]
"""An answer (`FIELDS` and ``probabilities``) or a failure (``path, error``)."""

Format = Callable[[Record], str]

UNCERTAIN = "uncertain"
WORTH_BYTES = 20_000_000
"""Of audio a process: ten minutes in WAV at 16 kHz, longer work than the start of a process."""
FIELDS = ("path", "start_s", "end_s", "label", "uncertain", "model", "error")


class Segments(StrEnum):
    """Which segments of a recording over ten seconds are told."""

    MERGED = "merged"
    EACH = "each"


def command(
    path: Annotated[list[Path], typer.Argument(help="Audio files, folders, or - for stdin.")],
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
        int | None, typer.Option(min=1, help="At once; default: cores, where there is much audio.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write here, not to stdout; .csv or .json is the form.")
    ] = None,
) -> None:
    """Recognise the emotion in audio of any format, rate and length.

    A recording over ten seconds is answered by segments; what is below the
    bundle's threshold is uncertain; a file that fails does not stop the others,
    but the exit code is 1.

    Example: lightspeech predict recordings/ --bundle nano --json
    """
    if as_json and as_csv:
        raise ConfigError("--json and --csv are both given; choose one")
    if output is not None and not as_json:
        as_csv = as_csv or output.suffix == ".csv"
        as_json = not as_csv and output.suffix in (".json", ".jsonl")
    recognizer = load(bundle_path)
    files = _files.expand(path)
    head, line = _text_format(recognizer.bundle, files)
    if as_json:
        head, line = "", json.dumps
    elif as_csv:
        head, line = _csv_format(recognizer.bundle)
    results = recognizer.batch(
        map(_audio, files), whole=whole, processes=processes or _processes(files)
    )
    with _sink(output) as sink, _progress(to_terminal=output is None) as progress:
        answered = progress.track(zip(files, results, strict=True), total=len(files))
        records = _records(answered, recognizer.bundle, each=segments is Segments.EACH)
        failed = _write(sink, head, line, records)
    if failed:
        raise typer.Exit(1)


def _audio(path: Path) -> Audio:
    return sys.stdin.buffer if path == _files.STDIN else path


def _processes(files: Iterable[Path]) -> int:
    """As many as there are cores, or as there is audio worth the start of a process."""
    n_bytes = sum(path.stat().st_size for path in files if path.is_file())
    return max(1, min(os.cpu_count() or 1, n_bytes // WORTH_BYTES))


def _write(sink: TextIO, head: str, line: Format, records: Iterable[Record]) -> bool:
    """Write as answers come; failures go to stderr too. True if there was one."""
    failed = False
    if head:
        typer.echo(head, file=sink)
    for record in records:
        if "error" in record:
            failed = True
            typer.echo(f"error: {record['error']}", err=True)
        if text := line(record):
            typer.echo(text, file=sink)
    return failed


def _records(
    answered: Iterable[tuple[Path, Result]], bundle: Bundle, *, each: bool
) -> Iterator[Record]:
    for path, result in answered:
        if isinstance(result, AudioError):
            yield {"path": _printable(path), "error": _printable(result)}
        elif isinstance(result, Exception):
            raise result
        else:
            for segment in result.hops if each else result.segments:
                yield {"path": _printable(path), **_record(segment, bundle)}


def _printable(text: object) -> str:
    # A file name may hold bytes that are no UTF-8, which no stream would take.
    return str(text).encode("utf-8", "backslashreplace").decode()


def _record(segment: Segment, bundle: Bundle) -> Record:
    return {
        "start_s": round(segment.start_s, 3),
        "end_s": round(segment.end_s, 3),
        "label": segment.label,
        "probabilities": {label: round(p, 6) for label, p in segment.probabilities.items()},
        "uncertain": segment.uncertain,
        "model": bundle.name,
    }


def _csv_format(bundle: Bundle) -> tuple[str, Format]:
    def line(record: Record) -> str:
        probabilities = record.get("probabilities", {})
        plain = (record.get(field, "") for field in FIELDS)
        return _csv((*plain, *(probabilities.get(label, "") for label in bundle.labels)))

    return _csv((*FIELDS, *(f"p_{label}" for label in bundle.labels))), line


def _csv(values: Iterable[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()


def _text_format(bundle: Bundle, files: list[Path]) -> tuple[str, Format]:
    file = max(len(_printable(path)) for path in files)
    label = max(len(name) for name in (*bundle.labels, UNCERTAIN))

    def line(record: Record) -> str:
        if "error" in record:
            return ""
        ranked = sorted(record["probabilities"].items(), key=lambda item: -item[1])[:3]
        answer = UNCERTAIN if record["uncertain"] else record["label"]
        return (
            f"{record['path']:<{file}}  {record['start_s']:8.1f}  {record['end_s']:8.1f}  "
            f"{answer:<{label}}  " + ", ".join(f"{name} {value:.0%}" for name, value in ranked)
        )

    return f"{'file':<{file}}  {'from s':>8}  {'to s':>8}  {'emotion':<{label}}  likeliest", line


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


def _progress(*, to_terminal: bool) -> Progress:
    """A bar on stderr, unless the answers themselves run over the same screen."""
    shown = sys.stderr.isatty() and not (to_terminal and sys.stdout.isatty())
    console = Console(stderr=True)
    return Progress(console=console, transient=True, redirect_stdout=False, disable=not shown)
