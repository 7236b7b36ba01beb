"""``lightspeech search``."""

import dataclasses
import json as json_format
from typing import Annotated

import typer

from lightspeech.cli import _training
from lightspeech.cli._progress import Bars
from lightspeech.cli._training import Fresh, Overrides, RecipeFile, Resume

COLUMNS = ("n_params", "macs", "peak_activation_bytes")


def command(
    recipe: RecipeFile,
    overrides: Overrides = None,
    resume: Resume = False,
    fresh: Fresh = False,
    trials: Annotated[
        int | None, typer.Option(min=1, help="In all; as the recipe says if left out.")
    ] = None,
    show: Annotated[int, typer.Option(min=1, help="How many of the best to print.")] = 5,
    json: Annotated[bool, typer.Option("--json", help="Print an object a line.")] = False,
) -> None:
    """Search the space that a recipe states, within its budget, judged on selection sets alone.

    Example: lightspeech search recipes/ravdess_micro_search.yaml --trials 20 --resume
    """
    _training.require_torch("search")
    from lightspeech.studies import recipe as recipes
    from lightspeech.studies import stages
    from lightspeech.workflows import search as searches

    chosen = recipes.read(recipe, overrides or [])
    named = dataclasses.replace(chosen, name=f"{chosen.name}-search")
    folder = stages.begin(named, stages.Places(), resume=resume, fresh=fresh)
    with Bars() as bars:
        found = searches.search(named, folder, stages.Places(), bars.told, trials=trials)
    for one in found[:show]:
        if json:
            typer.echo(json_format.dumps(dataclasses.asdict(one)))
            continue
        costs = ", ".join(f"{one.cost[name]:,} {name}" for name in COLUMNS)
        typer.echo(f"{100 * one.selection_uar:.1f} % selection UAR, {costs}")
        typer.echo(f"  lightspeech run {recipe} name=NAME {' '.join(map(_quoted, one.overrides))}")


def _quoted(override: str) -> str:
    """As a shell takes it."""
    return f"'{override}'" if set(override) & set(' []{}"') else override
