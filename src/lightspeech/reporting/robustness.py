"""What is left of the shipped models in other rooms, lines and levels."""

from pathlib import Path

import numpy as np

from lightspeech.files import read_json
from lightspeech.reporting import costs, wording

FILE = "robustness.json"


def describe(root: Path) -> str:
    """Write a table: a row a bend, of each model the UAR, what is lost, and changed answers.

    Models that other corpora measured than the first one are left out.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    figures = read_json(root / FILE, remedy="type: python -m benchmarks.robustness")
    first = next(iter(figures.values()))
    corpora = {name: of["recordings"] for name, of in first.items()}
    # A model of other classes hears other recordings; it has a table in its card.
    models = {name: of for name, of in figures.items() if of.keys() == first.keys()}
    of_each = [corpus["bends"] for of in models.values() for corpus in of.values()]
    bends = [bend for bend in of_each[0] if all(bend in measured for measured in of_each)]
    head = ("speech", *(f"{model}: UAR %, lost, changed" for model in models))
    rows = [(bend, *(_cell(of, bend) for of in models.values())) for bend in bends]
    heard = ", ".join(f"{n} of {name}" for name, n in corpora.items())
    return (
        f"{costs.table(head, rows, names=1)}\n\nMean over corpora that none of them learnt from "
        f"({heard}), four classes; *changed*: answers in percent that are not those of the clean "
        "recordings. A recording in which the voice gate hears nobody counts as wrong."
    )


def of_model(root: Path, name: str) -> str:
    """Write a table of one model: a row a bend, a column a corpus that it never heard; or nothing.

    Args:
        root: folder of all results.
        name: of the bundle.
    """
    corpora = read_json(root / FILE).get(name, {}) if (root / FILE).is_file() else {}
    if not corpora:
        return ""
    head = ("speech it never heard, UAR %", *corpora)
    bends = next(iter(corpora.values()))["bends"]
    rows = [
        (bend, *(wording.percent(of["bends"][bend]["uar"]) for of in corpora.values()))
        for bend in bends
    ]
    return costs.table(head, rows, names=1)


def _cell(corpora: dict[str, dict[str, dict[str, dict[str, float]]]], bend: str) -> str:
    def mean(name: str, of: str) -> float:
        return float(np.mean([corpus["bends"][of][name] for corpus in corpora.values()]))

    lost = mean("uar", "clean") - mean("uar", bend)
    uar, changed = wording.percent(mean("uar", bend)), wording.percent(mean("changed", bend))
    return f"{uar}, {100 * lost:+.1f}, {changed}"
