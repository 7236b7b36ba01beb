"""``lightspeech prepare``."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from lightspeech import plugins
from lightspeech.cli import _files, _labels
from lightspeech.cli._engine import Engine
from lightspeech.cli._labels import Columns, Map
from lightspeech.cli._progress import Bars
from lightspeech.reporting import corpus as report
from lightspeech.studies.engine import PROCESSES
from lightspeech.training import layout
from lightspeech.workflows import prepare as workflow


def command(
    corpus: Annotated[
        str, typer.Argument(help=f"One of {', '.join(plugins.names(workflow.CORPORA))}.")
    ],
    root: Annotated[
        Path | None, typer.Option(help="Its folder (csv: the table); $LIGHTSPEECH_DATA/CORPUS.")
    ] = None,
    output: Annotated[
        Path, typer.Option(callback=_files.no_recording, help="Where the manifest goes.")
    ] = Path(layout.MANIFEST),
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    columns: Columns = None,
    names: Map = None,
    options: Annotated[
        list[str] | None, typer.Option("--set", help="Option of the reader, key=value; repeatable.")
    ] = None,
    engine: Engine = PROCESSES,
) -> None:
    """Read a corpus, decode each file once, write its manifest and report what is odd.

    Example: lightspeech prepare iemocap --root IEMOCAP_full_release --set merge_excited=true
    """
    with Bars() as bars:
        summary = workflow.prepare(
            corpus,
            root=root,
            options=options or [],
            output=output,
            progress=bars.show,
            columns=_labels.columns(columns),
            names=_labels.mapping(names),
        )
    _files.tell_skipped([Path(path) for path in summary["skipped"]])
    if json:
        typer.echo(json_format.dumps(summary))
    else:
        typer.echo(f"{report.describe(summary)}\nmanifest: {output}")
