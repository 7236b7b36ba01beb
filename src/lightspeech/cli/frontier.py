"""``lightspeech frontier``."""

from pathlib import Path
from typing import Annotated

import typer

from lightspeech.files import write_text
from lightspeech.reporting import pictures


def command(
    results: Annotated[Path, typer.Option(help="Folder of results files.")] = Path("results"),
    output: Annotated[Path, typer.Option(help="Folder of the figures.")] = Path("frontier"),
) -> None:
    """Draw UAR against bytes and multiplications, ours beside published systems, as SVG.

    Example: lightspeech frontier --output frontier
    """
    for picture in pictures.frontiers(results):
        write_text(output / picture.name, picture.text())
        typer.echo(output / picture.name)
