"""``lightspeech export``."""

import os
from pathlib import Path
from typing import Annotated

import typer

from lightspeech import bundle
from lightspeech.cli import _files
from lightspeech.cli._formats import FORMATS
from lightspeech.errors import ConfigError
from lightspeech.workflows import needs
from lightspeech.workflows.convert import convert


def command(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="RUN|BUNDLE",
            help="Folder of a run, such as runs/demo/fold0-seed0, or of an int8 bundle; or nano, "
            "micro, small.",
        ),
    ],
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
    prefix: Annotated[
        str | None,
        typer.Option(help="Of all names of C instead of ls, so that models share one program."),
    ] = None,
    calibrated_by: Annotated[
        Path | None,
        typer.Option(
            help="For a run: study that leaves corpora or speakers out; its answers say how sure "
            "the model may be of strangers. Of a final run the one that measured it, if left out."
        ),
    ] = None,
) -> None:
    """Make a bundle of one run of a trained study, or of a bundle in another format.

    Example: lightspeech export micro --format c99 --prefix mood
    """
    if name is not None:
        _files.plain(name, "--name")
    folder = bundle.find(source)
    if os.path.isfile(folder / bundle.DESCRIPTION):
        if calibrated_by is not None:
            raise ConfigError(
                f"--calibrated-by is of a run; {source} is a bundle; name the run it was made of"
            )
        made = convert(
            bundle.read(folder), format=format, bundles=bundles, name=name, prefix=prefix
        )
    elif not os.path.exists(source):
        raise ConfigError(
            f"{source}: no run of a study, and no bundle; name a run such as "
            f"runs/NAME/fold0-seed0, the folder of a bundle, or one of {bundle.shipped()}"
        )
    else:
        needs.torch("export of a run")
        from lightspeech.workflows.export import export

        made = export(
            source,
            format=format,
            bundles=bundles,
            name=name,
            prefix=prefix,
            calibrated_by=calibrated_by,
        )
    typer.echo(f"{made.path} ({made.size_bytes:,} bytes)")
