"""Names of what is kept between two calls: by all that decides it, so that nothing stale is read.

Of the code those files count that compute it, not the whole package: a change elsewhere leaves it
standing.
"""

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from lightspeech import bundle
from lightspeech.training import layout


def name(code: tuple[str, ...], *decides: Any) -> str:
    """Name a file, 20 hexadecimal digits.

    Args:
        code: files and folders of this package that compute it.
        decides: all else, as JSON can hold it.
    """
    what = json.dumps([_of_code(code), *decides])
    return hashlib.sha256(what.encode()).hexdigest()[:20]


@cache
def _of_code(places: tuple[str, ...]) -> str:
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for place in places:
        for path in sorted((package / place).rglob("*.py")) or [package / place]:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def of_systems(folders: Sequence[Path]) -> list[str]:
    """Hashes of what decides the answers of runs or a bundle.

    Args:
        folders: of runs, one a seed, or of a bundle.
    """
    kinds = (layout.WEIGHTS, layout.RUN, bundle.DESCRIPTION)  # which has the hash of its model
    files = [folder / kind for folder in folders for kind in kinds]
    return [_of_file(file) for file in files if file.is_file()]


@cache
def _of_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
