"""Where a bundle lies: in a folder, or in the package."""

import os
from pathlib import Path

from lightspeech.bundle.description import DESCRIPTION

ENVIRONMENT = "LIGHTSPEECH_BUNDLE"
ZOO = Path(__file__).parents[1] / "zoo"
"""Bundles that come with the package."""
USUAL = "micro"
"""The one of them that answers where none is named."""


def find(path: str | Path | None = None) -> Path:
    """Find the bundle to use: the one named, else ``$LIGHTSPEECH_BUNDLE``, else ``micro``.

    Args:
        path: a folder, or the name of a bundle that comes with the package; a folder goes first.

    Returns:
        The folder, which need not be there: `read` says so.
    """
    named = path or os.environ.get(ENVIRONMENT)
    if not named:
        return ZOO / USUAL
    folder = Path(named).expanduser()
    return ZOO / folder if not os.path.exists(folder) and str(folder) in shipped() else folder


def shipped() -> list[str]:
    """Name the bundles that come with the package."""
    return sorted(file.parent.name for file in ZOO.glob(f"*/{DESCRIPTION}"))
