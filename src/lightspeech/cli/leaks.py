"""``lightspeech leaks``."""

import json as json_format
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lightspeech.cli import _labels
from lightspeech.cli._labels import Columns
from lightspeech.cli._progress import Bars
from lightspeech.protocols.leaks import Leak
from lightspeech.workflows.leaks import Checked, check

Leaks = tuple[tuple[str, Leak], ...]
"""Each with the name of its split."""


def command(
    table: Annotated[
        Path, typer.Argument(metavar="MANIFEST", help="Manifest, or any table with path and label.")
    ],
    protocol: Annotated[
        str | None, typer.Option(help="Check this cut; the column 'split' if left out.")
    ] = None,
    options: Annotated[
        list[str] | None, typer.Option("--set", help="Option of the protocol, key=value.")
    ] = None,
    text: Annotated[
        bool, typer.Option("--text", help="For a model that reads text: a shared sentence too.")
    ] = False,
    columns: Columns = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Find what training, selection and test share; exit code 1 where they share anything.

    Example: lightspeech leaks manifest.csv --protocol grouped-k-fold --set folds=5
    """
    with Bars() as bars:
        checked = check(
            table,
            protocol=protocol,
            options=options or [],
            progress=bars.show,
            columns=_labels.columns(columns),
        )
    leaks = (*checked.leaks, *(checked.text_leaks if text else ()))
    if json:
        _print_json(leaks, checked)
    else:
        _print_text(leaks, checked)
        if checked.text_leaks and not text:
            typer.echo(
                f"{len(checked.text_leaks)} sentences on two sides of a split: a text leak for "
                "models that read text; --text lists them",
                err=True,
            )
    if leaks:
        raise typer.Exit(1)


def _unchecked(checked: Checked) -> dict[str, int]:
    return {
        "speaker_unknown": checked.speaker_unknown,
        "audio_unknown": checked.audio_unknown,
    }


def _print_json(leaks: Leaks, checked: Checked) -> None:
    pairs = [{"split": name, **asdict(leak)} for name, leak in leaks]
    counts = {"text_leaks": len(checked.text_leaks), **_unchecked(checked)}
    typer.echo(json_format.dumps({"leaks": pairs, **counts}))


def _print_text(leaks: Leaks, checked: Checked) -> None:
    for name, leak in leaks:
        typer.echo(f"{name}: {leak}")
    for what, count in _unchecked(checked).items():
        if count:
            typer.echo(f"not compared, {what.replace('_', ' ')}: {count} utterances", err=True)
    typer.echo(
        f"{len(leaks)} leaks in {checked.n_splits} splits of {checked.n_utterances} utterances"
    )
