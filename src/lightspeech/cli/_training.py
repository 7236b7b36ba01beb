"""What the commands that train share: their options, and a word on what tests nobody."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lightspeech.cli._labels import mapping
from lightspeech.cli._progress import notice
from lightspeech.workflows.needs import Track

if TYPE_CHECKING:
    from lightspeech.bundle import Bundle
    from lightspeech.studies.study import Study
    from lightspeech.workflows.train import Job

RecipeFile = Annotated[Path, typer.Argument(help="YAML file, such as recipes/demo.yaml.")]
Overrides = Annotated[list[str] | None, typer.Argument(help="Changes, such as training.epochs=20.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where it was cut off.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Throw an earlier run away.")]
Final = Annotated[
    bool, typer.Option("--final", help="Learn from all speakers, test nobody: the model to use.")
]
Processes = Annotated[int | None, typer.Option(min=1, help="Runs at once; one a core if left out.")]
Publish = Annotated[
    Path | None, typer.Option(help="Also write the figures below this folder, as results/.")
]
Tracked = Annotated[
    Track | None, typer.Option("--track", help="Tell MLflow of the study too, in mlflow.db here.")
]
JsonFigures = Annotated[bool, typer.Option("--json", help="Print figures as JSON.")]


def job_of(recipe: Path, overrides: list[str] | None, names: list[str] | None, **how: Any) -> "Job":
    """Make of the options of a command what a workflow takes.

    Args:
        recipe: YAML file.
        overrides: changes to it.
        names: ``label=class`` of ``--map``.
        how: all else that a `Job` says.

    Raises:
        ConfigError: if a name is no ``label=class``.
    """
    from lightspeech.workflows.train import Job

    return Job(recipe=recipe, overrides=overrides or [], names=mapping(names), notice=notice, **how)


def of_final(bundle: "Bundle") -> str:
    """Say what was exported, and where figures for it come from."""
    return (
        f"bundle  {bundle.path} ({bundle.size_bytes:,} bytes), learnt from everyone; it tests "
        "nobody, so quote the figures of the same recipe without --final"
    )


def untested(study: "Study") -> str:
    """Say how to go on with a study that tests nobody."""
    from lightspeech.workflows.train import last_study

    last = last_study(study)
    return (
        f"{study.folder}: all runs are done; {study.protocol.name} tests nobody, so there is no "
        f"figure; make a bundle: lightspeech export {last.folder / last.run_names[0]}"
    )
