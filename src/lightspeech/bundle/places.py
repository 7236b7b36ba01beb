"""Where a bundle lies: in a folder, in the package, or behind an address."""

import os
from pathlib import Path

from lightspeech.audio import remote
from lightspeech.bundle import fetched
from lightspeech.bundle.description import DESCRIPTION

ENVIRONMENT = "LIGHTSPEECH_BUNDLE"
ZOO = Path(__file__).parents[1] / "zoo"
"""Bundles that come with the package."""
LARGE = "models"
"""Folder of the repository with bundles too large for the package."""
USUAL = "micro"
"""The one of them that answers where none is named."""


def find(path: str | Path | None = None) -> Path:
    """Find the bundle to use: the one named, else ``$LIGHTSPEECH_BUNDLE``, else ``micro``.

    Args:
        path: a folder, or the name of a bundle that comes with the package; a folder goes first; or
            the address of a folder elsewhere, ``https://…``, which is copied once.

    Returns:
        The folder, which need not be there: `read` says so.

    Raises:
        LightspeechError: if what lies at an address cannot be copied, see `fetched.fetch`.
    """
    named = path or os.environ.get(ENVIRONMENT)
    if not named:
        return ZOO / USUAL
    folder = Path(named).expanduser()
    if remote.address(folder) is not None:
        return fetched.fetch(folder)
    return ZOO / folder if not os.path.exists(folder) and str(folder) in shipped() else folder


def shipped() -> list[str]:
    """Name the bundles that come with the package."""
    return sorted(file.parent.name for file in ZOO.glob(f"*/{DESCRIPTION}"))
