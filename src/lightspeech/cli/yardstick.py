"""``lightspeech yardstick``."""

import dataclasses
import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from lightspeech.cli import _training
from lightspeech.cli._progress import Bars
from lightspeech.cli._training import Fresh, Overrides, RecipeFile
from lightspeech.config import as_dict


def command(
    recipe: RecipeFile,
    overrides: Overrides = None,
    fresh: Fresh = False,
    publish: Annotated[
        Path | None, typer.Option(help="Also write the figures below this folder, as results/.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print figures as JSON.")] = False,
) -> None:
    """Measure eGeMAPS and a support vector machine on the corpus and protocol of a recipe.

    Example: lightspeech yardstick recipes/ravdess_micro.yaml --publish results
    """
    _training.require_torch("yardstick")
    from lightspeech.evaluation import results
    from lightspeech.reporting import text
    from lightspeech.studies import engine, stages
    from lightspeech.studies import recipe as recipes
    from lightspeech.workflows import publish as publication
    from lightspeech.workflows import yardstick

    chosen = recipes.read(recipe, overrides or [])
    named = dataclasses.replace(chosen, name=f"{chosen.name}-{yardstick.NAME}")
    places = stages.Places()
    folder = stages.begin(named, places, resume=True, fresh=fresh)
    with Bars() as bars:
        prepared = stages.prepare(chosen, folder, progress=bars.files)
        protocol = chosen.protocol.module.cut(prepared.utterances, chosen.protocol.config)
        tasks = engine.tasks(
            chosen.run_config(), prepared.utterances, protocol,
            vocabulary=chosen.labels, seeds=(0,), folder=folder, cache=places.cache,
        )  # fmt: skip
        figures = yardstick.measure(chosen, protocol, tasks, folder, bars.told)
    if publish is not None:
        results.write(figures, publication.published_path(publish, figures))
    told = json_format.dumps(as_dict(figures), ensure_ascii=False)
    typer.echo(told if json else text.describe(figures))
