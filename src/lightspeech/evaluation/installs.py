"""What an installation weighs, as ``benchmarks/install.py`` measures."""

from pathlib import Path

from pydantic import PositiveInt

from lightspeech.config import config, read_json

PATH = Path("benchmarks/install.json")
"""Below the folder of all results."""


@config
class Weight:
    """The files of lightspeech, with an extra, and of all that it needs."""

    size_bytes: PositiveInt
    packages: PositiveInt
    """That these are of, lightspeech among them."""
    largest: dict[str, int]
    """Bytes of the largest packages, the heaviest first."""


@config
class Installs:
    """Weights in one environment."""

    python: str
    platform: str
    core: Weight
    """Without any extra."""
    extras: dict[str, Weight]
    """With one each."""


def read(root: Path) -> Installs:
    """Read what was measured.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if the file is missing or no JSON object.
        ConfigError: if it does not hold what it should.
    """
    return read_json(Installs, root / PATH)
