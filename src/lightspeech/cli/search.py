"""``lightspeech search``."""

import json as json_format
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from lightspeech.cli._engine import Engine
from lightspeech.cli._labels import Map
from lightspeech.cli._progress import Bars
from lightspeech.cli._training import Fresh, Overrides, RecipeFile, Resume, job_of
from lightspeech.studies.engine import PROCESSES
from lightspeech.workflows import needs

if TYPE_CHECKING:
    from lightspeech.workflows.search import Candidate

COLUMNS = ("n_params", "macs", "peak_activation_bytes")


def command(
    recipe: RecipeFile,
    overrides: Overrides = None,
    names: Map = None,
    resume: Resume = False,
    fresh: Fresh = False,
    trials: Annotated[
        int | None, typer.Option(min=1, help="In all; as the recipe says if left out.")
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Trials at once; one if left out, since each learns from others."),
    ] = None,
    engine: Engine = PROCESSES,
    show: Annotated[int, typer.Option(min=1, help="How many of the best to print.")] = 5,
    json: Annotated[bool, typer.Option("--json", help="Print an object a line.")] = False,
) -> None:
    """Search the space that a recipe states, within its budget, judged on selection sets alone.

    Example: lightspeech search recipes/ravdess_micro_search.yaml --trials 20 --resume
    """
    needs.torch("search")
    from lightspeech.workflows.search import search

    job = job_of(
        recipe=recipe,
        overrides=overrides,
        names=names,
        resume=resume,
        fresh=fresh,
        processes=processes,
    )
    with Bars() as bars:
        candidates, given_up = search(job, bars.show, trials=trials)
    if json:
        for told in (*map(asdict, candidates[:show]), *map(asdict, given_up)):
            typer.echo(json_format.dumps(told))
        return
    for candidate in candidates[:show]:
        typed = " ".join(map(_quoted, candidate.overrides))
        typer.echo(f"{_describe(candidate)}\n  lightspeech run {recipe} name=NAME {typed}")
    if given_up:
        numbers = Counter(trial.given_up for trial in given_up)
        counts = ", ".join(f"{number} {why}" for why, number in numbers.items())
        typer.echo(f"given up: {counts} (--json tells each)")


def _describe(candidate: "Candidate") -> str:
    costs = ", ".join(f"{candidate.cost[name]:,} {name}" for name in COLUMNS)
    return f"{100 * candidate.selection_uar:.1f} % selection UAR, {costs}"


def _quoted(override: str) -> str:
    """As a shell takes it."""
    return f"'{override}'" if set(override) & set(' []{}"') else override
