"""``lightspeech yardstick``."""

import json as json_format

import typer

from lightspeech.cli._labels import Map, mapping
from lightspeech.cli._progress import Bars, notice
from lightspeech.cli._training import Fresh, JsonFigures, Overrides, Publish, RecipeFile
from lightspeech.config import as_dict
from lightspeech.reporting import text
from lightspeech.workflows import needs


def command(
    recipe: RecipeFile,
    overrides: Overrides = None,
    names: Map = None,
    fresh: Fresh = False,
    publish: Publish = None,
    json: JsonFigures = False,
) -> None:
    """Measure eGeMAPS and a support vector machine on the corpus and protocol of a recipe.

    Example: lightspeech yardstick recipes/ravdess_micro.yaml --publish results
    """
    needs.torch("yardstick")
    from lightspeech.workflows.train import Job
    from lightspeech.workflows.yardstick import yardstick

    job = Job(
        recipe=recipe,
        overrides=overrides or [],
        names=mapping(names),
        notice=notice,
        fresh=fresh,
    )
    with Bars() as bars:
        figures = yardstick(job, bars.show, publish_to=publish)
    as_json = json_format.dumps(as_dict(figures))
    typer.echo(as_json if json else text.describe(figures))
