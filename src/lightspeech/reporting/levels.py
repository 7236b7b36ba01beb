"""What bands are taken relative to, and what it is worth across corpora."""

from pathlib import Path

import numpy as np

from lightspeech.files import read_json
from lightspeech.reporting import costs, wording

FILE = "benchmarks/levels.json"
OWN = "own-"
"""Before the name of a corpus whose other speakers were learnt from."""


def describe(root: Path) -> str:
    """Write a table: a row a form, the best across corpora first.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    runs = read_json(root / FILE, remedy="type: python benchmarks/levels.py")
    forms: dict[str, list[dict[str, float]]] = {}
    for key, figures in runs.items():
        name, _, *padded = key.split("/")
        forms.setdefault(", ".join([name, *padded]), []).append(figures)
    rows = [
        (_mean(found, own=False), name, _mean(found, own=True), len(found))
        for name, found in forms.items()
    ]
    cells = [
        (name, wording.percent(across), wording.percent(own), str(seeds))
        for across, name, own, seeds in sorted(rows, reverse=True)
    ]
    return costs.table(("form", "other corpora", "other speakers", "seeds"), cells, names=1)


def _mean(seeds: list[dict[str, float]], *, own: bool) -> float:
    return float(
        np.mean([uar for of in seeds for name, uar in of.items() if name.startswith(OWN) == own])
    )
