"""``--engine``: where the work of a command goes, for as long as it runs."""

from typing import Annotated

import typer

from lightspeech.studies import engine


def _open(context: typer.Context, name: str) -> str:
    context.with_resource(engine.on(name))
    return name


Engine = Annotated[
    str,
    typer.Option(
        callback=_open,
        metavar="processes|ray[://HOST:PORT]",
        help="Work in processes of this machine, or on a Ray cluster; ray starts one here.",
    ),
]
