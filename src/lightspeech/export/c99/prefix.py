"""Another prefix than ``ls`` on every name of generated C, so that models share one program."""

import dataclasses
import re
from types import ModuleType

from lightspeech.bundle import Bundle
from lightspeech.errors import ConfigError

USUAL = "ls"
KEY = "prefix"
"""In what a bundle says of its model."""
ALLOWED = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
NAME = re.compile(r'(?P<quoted>"[^"\n]*")|\b(?P<own>ls|LS)_(?!(?:SMLAD|FIXED|SHORT|VECTORS)\b)')
"""A name of ours, but for the switches that all models of a program share; or a text in quotes, in
which only that of a file is one."""
FILE = re.compile(r'"ls_(\w+\.[ch])"')


def of(bundle: Bundle) -> str:
    """Tell the prefix that a bundle's C has.

    Args:
        bundle: of generated C, or about to be.

    Raises:
        ConfigError: if it cannot begin a name of C.
    """
    return check(str(bundle.model.get(KEY, USUAL)))


def named(bundle: Bundle, exporter: ModuleType, prefix: str | None) -> Bundle:
    """Say in what a bundle is to say which prefix the names of its C begin with.

    Args:
        bundle: what it is to say.
        exporter: of its format.
        prefix: such as ``mood``; None leaves what there is, or the usual one.

    Raises:
        ConfigError: if the format has no such names, or the prefix cannot begin one.
    """
    if prefix is None:
        return bundle
    if not exporter.PREFIXED:
        format = exporter.__name__.rpartition(".")[2].replace("_", "-")
        raise ConfigError(f"{format} has no names of C for --prefix to begin; leave it out")
    return dataclasses.replace(bundle, model={**bundle.model, KEY: check(prefix)})


def without(bundle: Bundle) -> Bundle:
    """Give a bundle whose C has the usual names.

    Args:
        bundle: of generated C, or about to be.
    """
    model = {key: value for key, value in bundle.model.items() if key != KEY}
    return dataclasses.replace(bundle, model=model)


def check(prefix: str) -> str:
    """Give back a prefix that can begin names of C, macros and files.

    Args:
        prefix: such as ``mood``.

    Raises:
        ConfigError: if it cannot.
    """
    if not ALLOWED.fullmatch(prefix):
        raise ConfigError(
            f"--prefix {prefix!r}: expected small letters and digits, a letter first, such as "
            "--prefix mood"
        )
    return prefix


def rename(files: dict[str, str], prefix: str) -> dict[str, str]:
    """Put a prefix in the place of ``ls`` in functions, types, macros, guards and file names.

    Args:
        files: name to text of C.
        prefix: as of `check`.

    Returns:
        The same files under other names; labels and other texts in quotes stay.
    """
    if prefix == USUAL:  # in which all is written
        return files
    return {_own(name, prefix): _text(text, prefix) for name, text in files.items()}


def _own(name: str, prefix: str) -> str:
    return f"{prefix}_{name.removeprefix(USUAL + '_')}" if name.startswith(USUAL + "_") else name


def _text(text: str, prefix: str) -> str:
    def renamed(found: re.Match[str]) -> str:
        if found["quoted"]:
            return FILE.sub(rf'"{prefix}_\1"', found["quoted"])
        return f"{prefix if found['own'] == USUAL else prefix.upper()}_"

    return NAME.sub(renamed, text)
