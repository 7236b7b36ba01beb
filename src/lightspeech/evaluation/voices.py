"""How much speech a model needs to know its speaker, as ``benchmarks/voices.py`` measures."""

from pathlib import Path

from lightspeech.config import config, read_json

PATH = Path("benchmarks/voices.json")
"""Below the folder of all results."""


@config
class Point:
    """Figures of a study whose models know their speakers by so much speech."""

    seconds: float | None
    """Of other recordings, at least; null: all of the speaker's, as published figures are."""
    uar: float
    """Mean over folds and seeds, 0 to 1."""
    std: float
    """Over seeds."""


def read(root: Path) -> dict[str, list[Point]]:
    """Read what was measured: the points of each recipe; none where nothing was.

    Raises:
        CorpusError: if the file is no JSON object.
        ConfigError: if it does not hold what it should.
    """
    if not (root / PATH).is_file():
        return {}
    return read_json(dict[str, list[Point]], root / PATH)
