"""``lightspeech export``."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from lightspeech import plugins
from lightspeech.bundle import Bundle
from lightspeech.cli import _training
from lightspeech.errors import ConfigError


def command(
    run: Annotated[Path, typer.Argument(help="Folder of a run, such as runs/demo/fold0-seed0.")],
    bundles: Annotated[Path, typer.Option(help="Folder that the bundle goes into.")] = Path(
        "bundles"
    ),
    format: Annotated[
        str,
        typer.Option(
            help="onnx, onnx-fp16, onnx-network, litert, executorch; of an int8 run c99, arduino."
        ),
    ] = "onnx",
    name: Annotated[
        str | None, typer.Option(help="Of the bundle; that of recipe and step if left out.")
    ] = None,
) -> None:
    """Make a bundle of one run of a trained study: the model, and the study's figures.

    Example: lightspeech export runs/demo/fold0-seed0 --format onnx
    """
    _training.require_torch("export")
    plugins.load("lightspeech.export", format)  # a wrong name is told at once
    from lightspeech.studies import stages
    from lightspeech.workflows import publish

    run = run.resolve()  # "." has no name
    if _is_study(run):
        raise ConfigError(f"{run} is a study; name one of its runs: {run}/fold0-seed0")
    if not _is_study(run.parent):
        raise ConfigError(
            f"{run}: no run of a study; name one, such as runs/NAME/fold0-seed0, or train: "
            "lightspeech train recipes/demo.yaml"
        )
    places = stages.Places(bundles=bundles)
    trained = replace(stages.read_study(run.parent), called=name)
    exported: Bundle | None
    if format == "onnx" and trained.is_tested:
        _, exported = publish.export(trained, run.name, places)
    else:
        exported = publish.export_as(trained, run.name, places, format)
    if exported is None:
        raise ConfigError(f"{run}: {publish.why_no_bundle(trained.recipe.run_config())}")
    typer.echo(f"{exported.path} ({exported.size_bytes:,} bytes)")


def _is_study(folder: Path) -> bool:
    from lightspeech.studies import stages

    return (folder / stages.RECIPE).is_file() or (folder / stages.STEPS).is_file()
