"""``lightspeech train``."""

import typer

from lightspeech.cli._engine import Engine
from lightspeech.cli._labels import Map
from lightspeech.cli._progress import Bars
from lightspeech.cli._training import (
    Fresh,
    Overrides,
    Processes,
    RecipeFile,
    Resume,
    Tracked,
    job_of,
)
from lightspeech.studies.engine import PROCESSES
from lightspeech.workflows import needs


def command(
    recipe: RecipeFile,
    overrides: Overrides = None,
    names: Map = None,
    resume: Resume = False,
    fresh: Fresh = False,
    processes: Processes = None,
    engine: Engine = PROCESSES,
    track: Tracked = None,
) -> None:
    """Prepare and train a recipe, every fold and seed, and stop there.

    Example: lightspeech train recipes/demo.yaml seeds=[0,1] --fresh
    """
    needs.torch("training")
    from lightspeech.workflows import tracking
    from lightspeech.workflows.train import train

    job = job_of(
        recipe=recipe,
        overrides=overrides,
        names=names,
        resume=resume,
        fresh=fresh,
        processes=processes,
    )
    store = tracking.open_store() if track else None
    with Bars() as bars:
        study = train(job, bars.show)
    if store:
        tracking.log(store, study)
    for name in sorted(study.run_names):
        typer.echo(study.folder / name)
