"""``lightspeech listen``."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import numpy.typing as npt
import typer
from rich.console import Console

from lightspeech.cli import _files
from lightspeech.errors import ConfigError
from lightspeech.inference import answers, live
from lightspeech.inference.live_stream import Kind, Update
from lightspeech.inference.recognizer import load
from lightspeech.serving import microphone, terminal
from lightspeech.serving.microphone import Microphone

Chunks = Iterator[npt.NDArray[Any]]


def command(
    bundle_path: Annotated[
        Path | None,
        typer.Option(
            "--bundle",
            help="Folder or address of one, or nano, micro, small; else $LIGHTSPEECH_BUNDLE, else "
            "micro.",
        ),
    ] = None,
    device: Annotated[
        int | None,
        typer.Option(help="Number of the microphone; python -m sounddevice lists them."),
    ] = None,
    raw: Annotated[
        int | None,
        typer.Option(
            metavar="RATE",
            callback=_files.rate,
            help="Listen to stdin instead: 16-bit little-endian mono, RATE in Hz.",
        ),
    ] = None,
    smoothing: Annotated[
        float, typer.Option(help="Weight that the answer before keeps in the bars, 0 to below 1.")
    ] = 0.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line: now, turn, segment.")
    ] = False,
) -> None:
    """Recognise emotion while somebody speaks; Ctrl-C ends it.

    The bars tell the last window, a line each turn: what was said between two
    pauses. At the end one line sums up. Nothing is recorded.

    Example: lightspeech listen --bundle nano --device 2
    """
    if raw is not None and device is not None:
        raise ConfigError("--raw and --device are both given; choose one")
    recognizer = load(bundle_path)
    summary, bars = terminal.Summary(), terminal.Bars(recognizer.labels)
    console = Console()
    with ExitStack() as stack:
        chunks, sample_rate, opened = _sound(stack, raw, device)
        stream = recognizer.live(sample_rate, smoothing=smoothing)
        shows_bars = console.is_terminal and not as_json
        if shows_bars:
            stack.enter_context(terminal.drawn(bars, console))
        try:
            for chunk in chunks:
                updates = stream.feed(chunk)
                bars.take(chunk, updates)
                _tell(updates, summary, console, as_json=as_json, shows_bars=shows_bars)
        except KeyboardInterrupt:
            pass
        _tell(stream.flush(), summary, console, as_json=as_json, shows_bars=shows_bars)
    typer.echo(str(summary), err=as_json)
    if opened is not None and opened.n_lost:
        typer.echo(f"warning: sound was lost {opened.n_lost} times; end other programs", err=True)


def _sound(
    stack: ExitStack, raw: int | None, device: int | None
) -> tuple[Chunks, int, Microphone | None]:
    """Give sound as it comes, its rate in Hz, and the microphone if it is one."""
    if raw is not None:
        return live.chunks(sys.stdin.buffer), raw, None
    opened = stack.enter_context(microphone.opened(device))
    return opened.chunks(), opened.sample_rate, opened


def _tell(
    updates: list[Update],
    summary: terminal.Summary,
    console: Console,
    *,
    as_json: bool,
    shows_bars: bool,
) -> None:
    for update in updates:
        summary.take(update)
        if as_json:
            said = {"kind": update.kind, "at_s": round(update.at_s, 3)}
            typer.echo(json.dumps({**said, **answers.record(update.segment)}))
        elif update.kind is Kind.TURN or (update.kind is Kind.NOW and not shows_bars):
            console.print(terminal.line(update), highlight=False)
