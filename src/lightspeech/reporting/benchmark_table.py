"""The table of a benchmark: aligned text, Markdown, or CSV."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from lightspeech.evaluation import trial
from lightspeech.evaluation.trial import Row
from lightspeech.reporting.text import aligned

HEAD = (
    "model", "format", "status", "bytes", "UAR %", "change", "MACs", "RAM", "TFLM", "ms", "p95",
    "RTF", "CPU ms", "network CPU ms",
)  # fmt: skip
LEGEND = (
    "UAR: on the test speakers of one fold, through that very format; change: from the same model "
    "in floats, in points. RAM: arena of generated C, or a whole process (p); TFLM: arena of "
    "TFLite Micro for the network that the C was made of. ms: waveform of one window to answer, "
    "median; RTF: by the window's duration; CPU ms: processor time alone."
)


def read(path: Path) -> tuple[str, list[Row]]:
    """Read what ``lightspeech benchmark --output`` wrote: the machine, in words, and the rows.

    Raises:
        CorpusError: if the file holds no JSON object.
        ConfigError: if it does not hold what it should.
    """
    table = trial.read(path)
    about = f"{table.machine['cpu']}, threads: {table.threads}, rounds: {table.rounds}"
    return about, table.rows


def text(rows: Sequence[Row]) -> str:
    """Align columns for a terminal."""
    return aligned([HEAD, *map(_cells, rows)])


def markdown(rows: Sequence[Row]) -> str:
    """Write a Markdown table and what its columns are."""
    marks = ["---" if name in HEAD[:3] else "--:" for name in HEAD]
    lines = [HEAD, marks, *map(_cells, rows)]
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), "", LEGEND])


def comma_separated(rows: Sequence[Row]) -> str:
    """Write CSV."""
    text_file = io.StringIO()
    csv.writer(text_file, lineterminator="\n").writerows([HEAD, *map(_cells, rows)])
    return text_file.getvalue().rstrip("\n")


def _cells(row: Row) -> tuple[str, ...]:
    memory = _number(row.ram_bytes) + (" (p)" if row.ram == "process" else "")
    return (
        row.model,
        row.format,
        row.status if row.status == "ok" else f"failed: {row.why}",
        _number(row.size_bytes),
        _points(row.uar),
        _points(row.uar_change, "+"),
        _number(row.macs),
        memory,
        _number(row.micro_bytes),
        _ms(None if row.latency is None else row.latency.median_ms),
        _ms(None if row.latency is None else row.latency.p95_ms),
        "" if row.rtf is None else f"{row.rtf:.5f}",
        _ms(None if row.latency is None else row.latency.cpu_ms),
        _ms(None if row.network is None else row.network.cpu_ms),
    )


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _points(share: float | None, sign: str = "") -> str:
    return "" if share is None else f"{100 * share:{sign}.1f}"


def _ms(milliseconds: float | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:.3f}"
