"""Forms of a front end or of augmentation side by side: what each is worth across corpora."""

from pathlib import Path

import numpy as np

from lightspeech.files import read_json
from lightspeech.reporting import costs, wording

LEVELS, AUGMENTATION = "benchmarks/levels.json", "benchmarks/augmentation.json"
MEASURED = ("crema_d", "savee", "banglaser")
"""Corpora that taught nothing."""
OWN = "own-"
"""Before the name of a corpus whose other speakers were learnt from."""
Figures = dict[str, float]


def levels(root: Path) -> str:
    """Write a table of levels: a row a form, the best across corpora first.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    return _table(root / LEVELS, remedy="type: python -m benchmarks.levels")


def augmentation(root: Path) -> str:
    """Write a table of augmentation: a row a form, the best across corpora first.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    return _table(root / AUGMENTATION, remedy="type: python -m benchmarks.augmentation")


def _table(path: Path, *, remedy: str) -> str:
    """Put the mean over corpora and over seeds first, then what was measured beside them."""
    forms: dict[str, list[Figures]] = {}
    for key, figures in read_json(path, remedy=remedy).items():
        name, _, *kind = key.split("/")
        forms.setdefault(", ".join([name, *kind]), []).append(_columns(figures))
    columns = list(next(iter(forms.values()))[0])
    rows = sorted(((_means(found, columns), name) for name, found in forms.items()), reverse=True)
    cells = [(name, *map(wording.percent, means), str(len(forms[name]))) for means, name in rows]
    return costs.table(("form", *columns, "seeds"), cells)


def _columns(figures: Figures) -> Figures:
    own = [uar for name, uar in figures.items() if name.startswith(OWN)]
    across = [figures[name] for name in MEASURED]
    bent = {n: uar for n, uar in figures.items() if n not in MEASURED and not n.startswith(OWN)}
    means = {"other corpora": float(np.mean(across)), "other speakers": float(np.mean(own))}
    return {**means, **bent}


def _means(seeds: list[Figures], columns: list[str]) -> list[float]:
    return [float(np.mean([figures[column] for figures in seeds])) for column in columns]
