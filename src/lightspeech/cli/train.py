"""``lightspeech train``."""

import typer

from lightspeech.cli._labels import Map, mapping
from lightspeech.cli._progress import Bars, notice
from lightspeech.cli._training import Fresh, Overrides, Processes, RecipeFile, Resume
from lightspeech.workflows import needs


def command(
    recipe: RecipeFile,
    overrides: Overrides = None,
    names: Map = None,
    resume: Resume = False,
    fresh: Fresh = False,
    processes: Processes = None,
) -> None:
    """Prepare and train a recipe, every fold and seed, and stop there.

    Example: lightspeech train recipes/demo.yaml seeds=[0,1] --fresh
    """
    needs.torch("training")
    from lightspeech.workflows.train import Job, train

    job = Job(
        recipe=recipe,
        overrides=overrides or [],
        names=mapping(names),
        notice=notice,
        resume=resume,
        fresh=fresh,
        processes=processes,
    )
    with Bars() as bars:
        study = train(job, bars.show)
    for name in sorted(study.run_names):
        typer.echo(study.folder / name)
