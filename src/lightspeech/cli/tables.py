"""``lightspeech tables``."""

from pathlib import Path
from typing import Annotated

import typer

from lightspeech.evaluation import agreement
from lightspeech.files import write_text
from lightspeech.reporting import documents, pictures, zoo

NAMES = (
    "README.md",
    "docs/results.md",
    "docs/benchmark.md",
    "docs/own-data.md",
    "docs/devices/browser.md",
    "docs/experiments.md",
    "docs/reliability.md",
    "docs/explained.md",
    "docs/scale.md",
)
DOCUMENTS = tuple(Path(name) for name in NAMES)


def command(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 where anything is stale.")
    ] = False,
    results: Annotated[Path, typer.Option(help="Folder of results files.")] = Path("results"),
    into: Annotated[
        list[Path] | None,
        typer.Option(help="Document with markers, several times for several; those of docs/."),
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder of the pictures.")] = Path("docs/pictures"),
) -> None:
    """Rewrite tables and pictures of the documents, and cards of models, from the results files.

    Check also fails where two results files disagree on one figure.

    Example: lightspeech tables --check
    """
    texts = {path: documents.fill(path, results) for path in into or DOCUMENTS}
    if into is None:
        texts |= zoo.cards(results)
    stale = {p: text for p, text in texts.items() if text != p.read_text(encoding="utf-8")}
    drawings = {output / picture.name: picture for picture in pictures.of(results)}
    undrawn = {path: picture for path, picture in drawings.items() if not picture.is_fresh(path)}
    if check:
        faults = [
            f"{p}: differs from {results}; type: lightspeech tables" for p in [*stale, *undrawn]
        ]
        _refuse([*agreement.disagreements(results), *faults])
    for path, text in [*stale.items(), *((path, undrawn[path].text()) for path in undrawn)]:
        write_text(path, text)
    typer.echo(f"{len(texts)} documents and {len(drawings)} pictures are up to date")


def _refuse(faults: list[str]) -> None:
    """End with 1 where anything is wrong, a line each."""
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        raise typer.Exit(1)
