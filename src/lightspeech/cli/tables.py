"""``lightspeech tables``."""

from pathlib import Path
from typing import Annotated

import typer

from lightspeech.files import write_text
from lightspeech.reporting import tables


def command(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 where tables are stale.")
    ] = False,
    results: Annotated[Path, typer.Option(help="Folder of results files.")] = Path("results"),
    into: Annotated[Path, typer.Option(help="Document with the two markers.")] = Path("README.md"),
) -> None:
    """Rewrite the result tables of a document from the results files.

    Example: lightspeech tables --check
    """
    made = tables.insert(into, tables.markdown(tables.read_all(results)))
    fresh = made == into.read_text(encoding="utf-8")
    if check and not fresh:
        typer.echo(f"{into}: its tables differ from {results}; type: lightspeech tables", err=True)
        raise typer.Exit(1)
    if not fresh:
        write_text(into, made)
    typer.echo(f"{into}: tables are up to date")
