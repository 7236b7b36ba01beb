"""``lightspeech run``."""

import json as json_format
from typing import TYPE_CHECKING

import typer

from lightspeech.cli._engine import Engine
from lightspeech.cli._labels import Map
from lightspeech.cli._progress import Bars
from lightspeech.cli._training import (
    Final,
    Fresh,
    JsonFigures,
    Overrides,
    Processes,
    Publish,
    RecipeFile,
    Resume,
    Tracked,
    job_of,
    of_final,
    untested,
)
from lightspeech.config import as_dict
from lightspeech.reporting import text
from lightspeech.studies.engine import PROCESSES
from lightspeech.workflows import needs

if TYPE_CHECKING:
    from lightspeech.workflows.run import Finished


def command(
    recipe: RecipeFile,
    overrides: Overrides = None,
    names: Map = None,
    resume: Resume = False,
    fresh: Fresh = False,
    final: Final = False,
    publish: Publish = None,
    processes: Processes = None,
    engine: Engine = PROCESSES,
    track: Tracked = None,
    json: JsonFigures = False,
) -> None:
    """Do a whole recipe: prepare, train, evaluate, export, predict, report.

    The bundle is of fold 0 and the first seed, which never heard those it was measured on. With
    --final, one more model learns from all speakers, and that is the one to use.

    Example: lightspeech run recipes/demo.yaml training.epochs=20
    """
    needs.torch("training")
    from lightspeech.workflows import tracking
    from lightspeech.workflows.run import run

    job = job_of(
        recipe=recipe,
        overrides=overrides,
        names=names,
        final=final,
        resume=resume,
        fresh=fresh,
        processes=processes,
    )
    store = tracking.open_store() if track else None
    with Bars() as bars:
        finished = run(job, bars.show, publish_to=publish)
    if store:
        tracking.log(store, finished.study, finished.figures, finished.bundle)
    if finished.figures is None and finished.bundle is not None:
        typer.echo(of_final(finished.bundle))
    elif finished.figures is None:
        typer.echo(untested(finished.study))
    elif json:
        typer.echo(json_format.dumps(as_dict(finished.figures)))
    else:
        typer.echo(f"{text.describe(finished.figures)}\n\n{_bundle(finished)}")
        if finished.report is not None:
            typer.echo(f"report  {finished.report}")
        if steps := [step.name for step in finished.study.recipe.compress]:
            chain = f"lightspeech compress {recipe} --resume"
            typer.echo(f"chain   {', '.join(steps)}: not in these figures; see {chain}")


def _bundle(finished: "Finished") -> str:
    """Say what was exported, and what it answers to one recording."""
    if finished.bundle is None:
        return f"bundle  none: {finished.why_no_bundle}"
    bundle, example = finished.bundle, finished.example
    if example is None:
        return f"bundle  {bundle.path} ({bundle.size_bytes:,} bytes)"
    label, probability = max(example.probabilities.items(), key=lambda item: item[1])
    return (
        f"bundle  {bundle.path} ({bundle.size_bytes:,} bytes)"
        f"\nexample {example.id}: {label} ({probability:.0%}), labelled {example.truth}"
    )
