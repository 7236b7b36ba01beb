"""``lightspeech diff``."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from lightspeech.config import as_dict
from lightspeech.evaluation import difference
from lightspeech.reporting.difference import describe


def command(
    first: Annotated[
        Path, typer.Argument(help="Folder of a measured study or step, or a file of figures.")
    ],
    others: Annotated[list[Path], typer.Argument(help="What is compared with it, likewise.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Say what differs between studies: recordings, recipe, code, environment, and the result.

    The result with a paired test by speaker: an interval and a p, adjusted where several are
    compared with the first.

    Example: lightspeech diff runs/ravdess_micro runs/ravdess_micro/1-distill

    Example: lightspeech diff results/ravdess/micro.json results/ravdess/micro-int8.json
    """
    differences = difference.diff(first, others)
    if json:
        typer.echo(json_format.dumps([as_dict(each) for each in differences]))
    else:
        typer.echo("\n\n".join(map(describe, differences)))
