"""``lightspeech report``."""

from pathlib import Path
from typing import Annotated

import typer

from lightspeech.cli import _files
from lightspeech.files import placed
from lightspeech.reporting import html


def command(
    run: Annotated[Path, typer.Argument(help="Study folder, such as runs/ravdess_micro.")],
    output: Annotated[
        Path | None, typer.Option(help="HTML file; report/<name of the study>.html if left out.")
    ] = None,
) -> None:
    """Write the HTML report of a study: figures, confusion, curves, speakers, calibration.

    Example: lightspeech report runs/ravdess_micro
    """
    to = _files.ending_in(output, ".html", ".htm") or Path("report") / f"{placed(run).name}.html"
    typer.echo(str(html.write_report(run, to)))
