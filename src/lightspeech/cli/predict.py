"""``lightspeech predict``."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.progress import Progress

from lightspeech import bundle
from lightspeech.bundle import Bundle
from lightspeech.errors import AudioError, ConfigError
from lightspeech.files import replacing
from lightspeech.inference import dispatch, paths
from lightspeech.inference.predictor import Predictor
from lightspeech.inference.recognize import Segment

Record = dict[str, Any]
"""An answer (`FIELDS` and ``probabilities``) or a failure (``path, error``)."""

Format = Callable[[Record], str]

UNCERTAIN = "uncertain"
FIELDS = ("path", "start_s", "end_s", "label", "uncertain", "model", "error")


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
    output: Annotated[Path | None, typer.Option(help="Write here, not to stdout.")] = None,
) -> None:
    """Recognise the emotion in audio of any format, rate and length.

    A recording over ten seconds is answered segment by segment; an answer below the bundle's
    threshold is uncertain; a file that fails does not stop the others, but the exit code is 1.

    Example: lightspeech predict recordings/ --bundle nano --json
    """
    if as_json and as_csv:
        raise ConfigError("--json and --csv are both given; choose one")
    predictor = dispatch.open(bundle.read(bundle.find(bundle_path)))
    files = paths.expand(path)
    head, line = _text_format(predictor.bundle, files)
    if as_json:
        head, line = "", json.dumps
    elif as_csv:
        head, line = _csv_format(predictor.bundle)
    with _sink(output) as sink, _progress(to_terminal=output is None) as progress:
        failed = _write(sink, head, line, _records(predictor, progress.track(files), whole))
    if failed:
        raise typer.Exit(1)


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


def _records(predictor: Predictor, files: Iterable[Path], whole: bool) -> Iterator[Record]:
    for path in files:
        try:
            for segment in paths.answer(predictor, path, whole=whole):
                yield {"path": _printable(path), **_answer(segment, predictor.bundle)}
        except AudioError as error:
            yield {"path": _printable(path), "error": _printable(error)}


def _printable(text: object) -> str:
    # A file name may hold bytes that are no UTF-8, which no stream would take.
    return str(text).encode("utf-8", "backslashreplace").decode()


def _answer(segment: Segment, made: Bundle) -> Record:
    probabilities = dict(zip(made.labels, segment.probabilities.tolist(), strict=True))
    label, highest = max(probabilities.items(), key=lambda item: item[1])
    return {
        "start_s": round(segment.start_s, 3),
        "end_s": round(segment.end_s, 3),
        "label": label,
        "probabilities": {name: round(value, 6) for name, value in probabilities.items()},
        "uncertain": highest < made.threshold,
        "model": made.name,
    }


def _csv_format(made: Bundle) -> tuple[str, Format]:
    def line(record: Record) -> str:
        probabilities = record.get("probabilities", {})
        plain = (record.get(field, "") for field in FIELDS)
        return _csv((*plain, *(probabilities.get(label, "") for label in made.labels)))

    return _csv((*FIELDS, *(f"p_{label}" for label in made.labels))), line


def _csv(values: Iterable[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()


def _text_format(made: Bundle, files: list[Path]) -> tuple[str, Format]:
    file = max(len(_printable(path)) for path in files)
    label = max(len(name) for name in (*made.labels, UNCERTAIN))

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
    with replacing(output) as temporary, temporary.open("w", encoding="utf-8") as file:
        yield file


def _progress(*, to_terminal: bool) -> Progress:
    """A bar on stderr, unless the answers themselves run over the same screen."""
    shown = sys.stderr.isatty() and not (to_terminal and sys.stdout.isatty())
    console = Console(stderr=True)
    return Progress(console=console, transient=True, redirect_stdout=False, disable=not shown)
