"""What commands that read labels and tables share: names for the user's labels and columns."""

import re
from collections.abc import Sequence
from typing import Annotated

import typer

from lightspeech.errors import ConfigError

Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map", help="Class of a label of yours, such as Wut=angry; nothing leaves it out."
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(help="Your names of columns: path=Datei,label=Emotion,speaker=Sprecher."),
]


def mapping(pairs: Sequence[str] | None, option: str = "--map") -> dict[str, str]:
    """Read pairs of a name and another one.

    Args:
        pairs: each ``name=other``, as typed.
        option: that they were typed behind, for the message.

    Raises:
        ConfigError: if one has no ``=``, or nothing before it.
    """
    names: dict[str, str] = {}
    for pair in pairs or ():
        name, equals, other = pair.rpartition("=")
        if not equals or not name:
            raise ConfigError(f"{option} {pair}: expected NAME=OTHER")
        names[name] = other
    return names


def columns(lists: Sequence[str] | None) -> dict[str, str]:
    """Read what a table calls its columns.

    Args:
        lists: each ``field=name``, several with commas between, as typed.

    Raises:
        ConfigError: if one has no ``=``.
    """
    pairs = [pair for each in lists or () for pair in re.split(r",(?=\w+=)", each)]
    return {field: name for field, _, name in map(_column, pairs)}


def _column(pair: str) -> tuple[str, str, str]:
    field, equals, name = pair.partition("=")
    if not equals:
        raise ConfigError(f"--columns {pair}: expected FIELD=NAME, as in path=Datei,label=Emotion")
    return field.strip(), equals, name
