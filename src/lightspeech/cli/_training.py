"""What ``run`` and ``train`` share: their options, and the way from a recipe to a trained study."""

from pathlib import Path
from typing import Annotated

import typer

from lightspeech.cli._progress import Bars
from lightspeech.errors import MissingExtra

RecipeFile = Annotated[Path, typer.Argument(help="YAML file, such as recipes/demo.yaml.")]
Overrides = Annotated[list[str] | None, typer.Argument(help="Changes, such as training.epochs=20.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where it was cut off.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Throw an earlier run away.")]
Processes = Annotated[int | None, typer.Option(min=1, help="Runs at once; one a core if left out.")]


def require_torch(feature: str) -> None:
    """Refuse what cannot run on the core install, before anything else is done.

    Raises:
        MissingExtra: if torch is not installed.
    """
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtra(feature, "all") from None


def train(
    recipe: Path,
    overrides: list[str] | None,
    *,
    resume: bool,
    fresh: bool,
    processes: int | None,
    steps: bool = False,
) -> Path:
    """Prepare and train a recipe, with progress on stderr; give the folder of the study.

    Its steps are applied where they are asked for.

    Raises:
        LightspeechError: if the recipe, the corpus or the cut cannot be, or a folder is in the way.
    """
    require_torch("training")
    from lightspeech.studies import recipe as recipes
    from lightspeech.studies import stages

    places = stages.Places()
    chosen = recipes.read(recipe, overrides or [])
    folder = stages.begin(chosen, places, resume=resume, fresh=fresh)
    with Bars() as bars:
        prepared = stages.prepare(chosen, folder, progress=bars.files)
        given = (folder, places, bars.told)
        protocol = stages.train(chosen, prepared, *given, processes=processes)
        if steps:
            stages.compress(chosen, prepared, protocol, *given, processes=processes)
    return folder


def tell_untested(folder: Path) -> bool:
    """Say how to go on with a study that tests nobody; False for one that has figures."""
    from lightspeech.studies import stages

    trained = stages.read_study(folder)
    if trained.is_tested:
        return False
    last = (sorted(folder.glob(f"*/{stages.STEPS}")) or [folder / stages.RECIPE])[-1].parent
    typer.echo(
        f"{folder}: all runs are done; {trained.protocol.name} tests nobody, so there is no "
        f"figure; make a bundle: lightspeech export {last / trained.run_names[0]}"
    )
    return True
