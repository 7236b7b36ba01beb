"""``lightspeech new``."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from lightspeech.cli import _labels
from lightspeech.cli._labels import Columns, Map
from lightspeech.cli._progress import Bars
from lightspeech.reporting import own
from lightspeech.workflows import new as workflow


def command(
    folder: Annotated[Path, typer.Argument(help="Your recordings, in a sub-folder a class.")],
    speakers: Annotated[
        Path | None,
        typer.Option(help="Table of who speaks: path and speaker, CSV or .xlsx; labels too."),
    ] = None,
    columns: Columns = None,
    names: Map = None,
    options: Annotated[
        list[str] | None, typer.Option("--set", help="Option of the reader, key=value; repeatable.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="The recipe; NAME.yaml if left out.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Look at a folder of your recordings, say what is there, and write a recipe that runs.

    Example: lightspeech new mine --speakers table.xlsx --columns path=Datei,speaker=Sprecher
    """
    with Bars() as bars:
        found = workflow.new(
            folder,
            speakers=speakers,
            columns=_labels.columns(columns),
            names=_labels.mapping(names),
            options=options or [],
            output=output,
            progress=bars.show,
        )
    summary = found.summary
    typer.echo(json_format.dumps(summary) if json else own.describe(summary))
