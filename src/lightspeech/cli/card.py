"""``lightspeech card``."""

from pathlib import Path
from typing import Annotated

import typer

from lightspeech import bundle as bundles
from lightspeech.bundle import places
from lightspeech.cli import _files
from lightspeech.files import write_text
from lightspeech.reporting import products
from lightspeech.reporting.card import card


def command(
    bundle: Annotated[
        Path | None, typer.Argument(help="Bundle, or name of a shipped one; micro if left out.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            callback=_files.no_recording, help="File to write instead of standard output."
        ),
    ] = None,
    for_products: Annotated[
        bool,
        typer.Option("--for-products", help="Fail where a licence forbids products, or may."),
    ] = False,
) -> None:
    """Show the card of a model: what it learnt from, how good it is, who may use it.

    That of a shipped model tells what was measured of its recipe; of any other, what its bundle
    says. The header in YAML is the one that hubs of models read.

    Example: lightspeech card micro --output README.md
    """
    model = bundles.find(bundle)
    if for_products:
        products.require(bundles.read(model, rated=True))
    beside = model / bundles.CARD
    shipped = model.parent == places.ZOO and beside.is_file()
    text = beside.read_text("utf-8") if shipped else card(bundles.read(model, rated=True))
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_text(output, text)
        typer.echo(output)
