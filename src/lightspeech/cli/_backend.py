"""``--backend``: what computes the answers of a bundle."""

from typing import Annotated

import typer

Backend = Annotated[
    str | None,
    typer.Option(
        help="What computes; native: C compiled for this processor, once. Default: the runtime of "
        "the bundle's format."
    ),
]
