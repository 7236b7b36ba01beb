"""``lightspeech evaluate``."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from lightspeech import config
from lightspeech.evaluation import results, study
from lightspeech.reporting import text


def command(
    target: Annotated[Path, typer.Argument(help="Study folder, such as runs/ravdess_micro.")],
    output: Annotated[Path | None, typer.Option(help="Also write results as JSON here.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Measure a study: UAR with its interval, WA, F1, calibration, each class, each speaker.

    Example: lightspeech evaluate runs/ravdess_micro --output results/ravdess/micro.json
    """
    made = results.measure(*study.read(target))
    if output is not None:
        results.write(made, output)
    typer.echo(json_format.dumps(config.as_dict(made)) if json else text.describe(made))
