"""Curves of UAR against cost: a trained network, and what is left of it as it is pruned."""

from pathlib import Path

from lightspeech import config
from lightspeech.bounds import Share
from lightspeech.evaluation.conditions import read_folder
from lightspeech.files import write_json

FOLDER = "pruning"
"""Below the folder of all results."""


@config.config
class Point:
    """What is left of a network, as a mean over its runs."""

    name: str
    """``whole``, or what was removed."""
    uar: Share
    macs: int
    """Multiply-accumulates of one window."""
    size_bytes: int
    """Of the weights, 4 bytes each, or of the file where it is said to be int8."""
    n_params: int


@config.config
class Curve:
    """A network, from whole to small."""

    model: str
    corpus: str
    recipe: str
    how: str
    """What was removed by what, and trained how long again."""
    folds: int
    seeds: tuple[int, ...]
    points: tuple[Point, ...]

    @property
    def title(self) -> str:
        """The model and the corpus."""
        return f"{self.model} on {self.corpus}"


def write(curve: Curve, root: Path) -> Path:
    """Write a curve as JSON, atomically, and give its path.

    Args:
        curve: of one model on one corpus.
        root: folder of all results.

    Args:
        curve: of a network.
        root: folder of all results.

    Raises:
        OutputError: if the file cannot be written.
    """
    path = root / FOLDER / f"{curve.corpus}-{curve.model}.json"
    write_json(path, config.as_dict(curve))
    return path


def read_all(root: Path) -> list[Curve]:
    """Read all curves, most multiplications first.

    Raises:
        CorpusError: if a file holds no JSON object.
        ConfigError: if one does not hold what it should.
    """
    return sorted(read_files(root).values(), key=lambda curve: -curve.points[0].macs)


def read_files(root: Path) -> dict[Path, Curve]:
    """Read all curves, by path.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if a file holds no JSON object.
        ConfigError: if one does not hold what it should.
    """
    return read_folder(Curve, root / FOLDER)
