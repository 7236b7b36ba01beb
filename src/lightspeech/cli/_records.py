"""How ``predict`` writes its answers: lines of text, JSON or CSV, to a screen or a file."""

import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import typer

from lightspeech.bundle import Bundle
from lightspeech.cli._questions import MIX, Question, encodable
from lightspeech.errors import AudioError, ConfigError
from lightspeech.files import printable, replacing
from lightspeech.inference import answers
from lightspeech.inference.answers import NONE, Segment
from lightspeech.inference.parallel import Result

Record = dict[str, Any]
"""An answer (`FIELDS` and ``probabilities``) or a failure (``path, error``)."""
Format = Callable[[Record], str]

UNCERTAIN = "uncertain"
FORMS = {"": "", ".txt": "", ".csv": "csv", ".json": "json", ".jsonl": "json", ".parquet": ""}
"""How the name of an output may end, and what it says."""
FIELDS = ("path", "start_s", "end_s", "label", "uncertain", "speech", "model", "error")


def write(sink: TextIO, head: str, line: Format, records: Iterable[Record]) -> bool:
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


def of_results(
    answered: Iterable[tuple[Question, Result]], bundle: Bundle, *, each: bool
) -> Iterator[Record]:
    for question, result in answered:
        if isinstance(result, AudioError):
            yield {**question.named(), "error": encodable(question.told(result))}
        elif isinstance(result, Exception):
            raise result
        else:
            for segment in result.hops if each else result.segments:
                yield {**question.named(), **of_segment(segment, bundle)}


def of_segment(segment: Segment, bundle: Bundle) -> Record:
    return {**answers.record(segment), "model": bundle.name}


def form(output: Path | None, *, as_json: bool, as_csv: bool) -> tuple[bool, bool]:
    """Tell whether answers are JSON, and CSV, as they are asked for and the output's name says.

    Args:
        output: None: standard output.
        as_json: asked for.
        as_csv: asked for.

    Raises:
        ConfigError: if the name says no form, or another one.
    """
    suffix = "" if output is None else output.suffix.lower()
    if suffix not in FORMS:
        told = ", ".join(filter(None, FORMS))
        raise ConfigError(f"{output}: answers are written as {told}; name such a file")
    asked = "json" if as_json else "csv" if as_csv else ""
    if asked and FORMS[suffix] not in ("", asked):
        raise ConfigError(f"{output}: is {FORMS[suffix]} by its name; leave out --{asked}")
    told = asked or FORMS[suffix]
    return told == "json", told == "csv"


def csv_format(bundle: Bundle, channels: str) -> tuple[str, Format]:
    fields = FIELDS if channels == MIX else (FIELDS[0], "channel", *FIELDS[1:])

    def line(record: Record) -> str:
        numbers = record.get("ratings") or record.get("probabilities", {})
        plain = (record.get(field, "") for field in fields)
        return _csv((*plain, *(numbers.get(label, "") for label in bundle.labels)))

    prefix = "p_" if bundle.scale is None else ""
    return _csv((*fields, *(f"{prefix}{label}" for label in bundle.labels))), line


def _csv(values: Iterable[Any]) -> str:
    text = io.StringIO()
    # Without an end of lines of its own it would not quote a name that holds one.
    csv.writer(text, lineterminator="\r\n").writerow(values)
    return text.getvalue().removesuffix("\r\n")


def text_format(bundle: Bundle, questions: Iterable[Question]) -> tuple[str, Format]:
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
def sink(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    with (
        replacing(output) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as file,
    ):
        yield file
