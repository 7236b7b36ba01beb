"""``lightspeech compress``."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from lightspeech.cli._engine import Engine
from lightspeech.cli._labels import Map
from lightspeech.cli._progress import Bars
from lightspeech.cli._training import (
    Final,
    Fresh,
    Overrides,
    Processes,
    RecipeFile,
    Resume,
    job_of,
    of_final,
    untested,
)
from lightspeech.config import as_dict
from lightspeech.errors import ConfigError
from lightspeech.reporting import compression as tables
from lightspeech.studies.engine import PROCESSES
from lightspeech.workflows import needs


def command(
    recipe: RecipeFile,
    overrides: Overrides = None,
    names: Map = None,
    resume: Resume = False,
    fresh: Fresh = False,
    final: Final = False,
    publish: Annotated[
        Path | None, typer.Option(help="Also write table and figures below this folder.")
    ] = None,
    processes: Processes = None,
    engine: Engine = PROCESSES,
    json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print it in Markdown.")] = False,
) -> None:
    """Train a recipe, apply its steps one after the other, and say what each of them cost.

    With --final, all of it is done once more by all speakers, and that is the model to use.

    Example: lightspeech compress recipes/ravdess_micro_ablation.yaml --resume --publish results
    """
    if json and markdown:
        raise ConfigError("choose one of --json and --markdown")
    needs.torch("training")
    from lightspeech.workflows.compress import compress

    job = job_of(
        recipe=recipe,
        overrides=overrides,
        names=names,
        final=final,
        resume=resume,
        fresh=fresh,
        processes=processes,
    )
    with Bars() as bars:
        compressed = compress(job, bars.show, publish_to=publish)
    if compressed.bundle is not None:
        typer.echo(of_final(compressed.bundle))
    elif compressed.chain is None:
        typer.echo(untested(compressed.study))
    elif json:
        typer.echo(json_format.dumps(as_dict(compressed.chain)))
    else:
        write = tables.markdown if markdown else tables.text
        typer.echo(write(compressed.chain), nl=False)
