"""``lightspeech report``."""

from pathlib import Path
from typing import Annotated

import typer

from lightspeech.cli import _files
from lightspeech.errors import ConfigError
from lightspeech.files import placed
from lightspeech.reporting import html, study_figures


def command(
    run: Annotated[Path, typer.Argument(help="Study folder, such as runs/ravdess_micro.")],
    output: Annotated[
        Path | None, typer.Option(help="HTML file; report/<name of the study>.html if left out.")
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(help="Write the figures as files into this folder instead.")
    ] = None,
    format: Annotated[
        str | None, typer.Option(help="Of the figures: svg, pdf, png; several with commas. [svg]")
    ] = None,
) -> None:
    """Write the HTML report of a study: figures, confusion, curves, speakers, calibration.

    Example: lightspeech report runs/ravdess_micro

    Example: lightspeech report runs/ravdess_micro --figures paper/figures --format pdf,png
    """
    if figures is None:
        if format is not None:
            raise ConfigError("--format is of figures; name their folder too: --figures FOLDER")
        named = _files.ending_in(output, ".html", ".htm")
        to = named or Path("report") / f"{placed(run).name}.html"
        return typer.echo(str(html.write_report(run, to)))
    if output is not None:
        raise ConfigError("--output is of the report, --figures of its figures; give one of them")
    material = study_figures.read(run)
    for path in study_figures.write(material, figures, _formats(format)):
        typer.echo(str(path))


def _formats(names: str | None) -> list[str]:
    formats = (names or "svg").split(",")
    if unknown := [name for name in formats if name not in study_figures.FORMATS]:
        raise ConfigError(
            f"unknown format {unknown[0]!r}; choose of {', '.join(study_figures.FORMATS)}, "
            "several with commas between them"
        )
    return formats
