"""``lightspeech train``."""

import typer

from lightspeech.cli import _training
from lightspeech.cli._training import Fresh, Overrides, Processes, RecipeFile, Resume


def command(
    recipe: RecipeFile,
    overrides: Overrides = None,
    resume: Resume = False,
    fresh: Fresh = False,
    processes: Processes = None,
) -> None:
    """Prepare and train a recipe, every fold and seed, and stop there.

    Example: lightspeech train recipes/demo.yaml seeds=[0,1] --fresh
    """
    folder = _training.train(recipe, overrides, resume=resume, fresh=fresh, processes=processes)
    for run in sorted(folder.glob("fold*-seed*/")):
        typer.echo(run)
