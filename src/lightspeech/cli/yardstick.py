"""``lightspeech yardstick``."""

import json as json_format

import typer

from lightspeech.cli._engine import Engine
from lightspeech.cli._labels import Map
from lightspeech.cli._progress import Bars
from lightspeech.cli._training import (
    Fresh,
    JsonFigures,
    Overrides,
    Processes,
    Publish,
    RecipeFile,
    job_of,
)
from lightspeech.config import as_dict
from lightspeech.reporting import text
from lightspeech.studies.engine import PROCESSES
from lightspeech.workflows import needs


def command(
    recipe: RecipeFile,
    overrides: Overrides = None,
    names: Map = None,
    fresh: Fresh = False,
    publish: Publish = None,
    processes: Processes = None,
    engine: Engine = PROCESSES,
    json: JsonFigures = False,
) -> None:
    """Measure eGeMAPS and a support vector machine on the corpus and protocol of a recipe.

    Example: lightspeech yardstick recipes/ravdess_micro.yaml --publish results
    """
    needs.torch("yardstick")
    from lightspeech.workflows.yardstick import yardstick

    job = job_of(recipe=recipe, overrides=overrides, names=names, fresh=fresh, processes=processes)
    with Bars() as bars:
        figures = yardstick(job, bars.show, publish_to=publish)
    as_json = json_format.dumps(as_dict(figures))
    typer.echo(as_json if json else text.describe(figures))
