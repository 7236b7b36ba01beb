"""``lightspeech export``."""

from pathlib import Path
from typing import Annotated

import typer

from lightspeech.cli._formats import FORMATS
from lightspeech.workflows import needs


def command(
    run: Annotated[Path, typer.Argument(help="Folder of a run, such as runs/demo/fold0-seed0.")],
    bundles: Annotated[Path, typer.Option(help="Folder that the bundle goes into.")] = Path(
        "bundles"
    ),
    format: Annotated[
        str,
        typer.Option(help=f"One of {FORMATS}."),
    ] = "onnx",
    name: Annotated[
        str | None, typer.Option(help="Of the bundle; that of recipe and step if left out.")
    ] = None,
) -> None:
    """Make a bundle of one run of a trained study: the model, and the study's figures.

    Example: lightspeech export runs/demo/fold0-seed0 --format onnx
    """
    needs.torch("export")
    from lightspeech.workflows.export import export

    bundle = export(run, format=format, bundles=bundles, name=name)
    typer.echo(f"{bundle.path} ({bundle.size_bytes:,} bytes)")
