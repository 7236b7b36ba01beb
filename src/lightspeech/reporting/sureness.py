"""How sure a model may be of corpora it never heard."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lightspeech.config import build
from lightspeech.evaluation.left_out import PATH, Calibration
from lightspeech.evaluation.thresholds import FITTED
from lightspeech.files import read_json
from lightspeech.reporting import costs, wording

HEAD = (
    *("ECE %, as trained", "of the others", "UAR %"),
    *("of the surest half", "answered %", "of these right %", "seeds"),
)

MEANS = ("ece_before", "ece", "uar", "uar_of_surest_half", "answered")
"""Of a `Calibration`: of what the mean of corpora says all."""


def describe(root: Path) -> str:
    """Write two tables: a row a study, then a row a study and a corpus that was left out.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
        ConfigError: if they do not hold what they should.
    """
    studies = _studies(root)
    means = [(name, *_shown(mean(found))) for name, found in studies.items()]
    rows = [(name, e.corpus, *_shown(e)) for name, found in studies.items() for e in found]
    return (
        f"{costs.table(('study', *HEAD), means, names=1)}\n\nMeans of corpora; of all that is "
        "answered, corpora weighed alike, so many are right.\n\n"
        f"{costs.table(('study', 'left out', *HEAD), rows, names=2)}\n\nMeans over seeds. "
        "*Answered*: above the thresholds of the other corpora, one for each emotion, with which "
        f"{100 * FITTED:.0f} % of their answers are right."
    )


def of_recipe(root: Path, recipe: str) -> str:
    """Say how sure models of a recipe may be of corpora that they never heard; or nothing.

    Args:
        root: folder of all results.
        recipe: leaves corpus after corpus out; that of its last step counts.
    """
    studies = _studies(root) if (root / PATH).is_file() else {}
    known = [of for name, of in studies.items() if name == recipe or name.startswith(f"{recipe}-")]
    if not known:
        return ""
    found = mean(known[-1])
    return (
        "Of corpora that were left out, with temperature and thresholds of the others: calibration "
        f"error {wording.percent(found.ece)} %; {wording.percent(found.answered)} % of the "
        f"recordings are answered, the rest is *uncertain*{_right(found, known[-1])}."
    )


def mean(found: Sequence[Calibration]) -> Calibration:
    """Sum up corpora, which weigh alike; none hides behind others in what is answered rightly.

    Args:
        found: of each corpus, at least one.
    """
    answered = [each.answered for each in found if each.right_of_answered is not None]
    right = [r for each in found if (r := each.right_of_answered) is not None]
    shares = {name: float(np.mean([getattr(each, name) for each in found])) for name in MEANS}
    return Calibration(
        corpus="",
        seeds=min(each.seeds for each in found),
        right_of_answered=float(np.average(right, weights=answered)) if right else None,
        **shares,
    )


def _right(of_all: Calibration, found: Sequence[Calibration]) -> str:
    """Say how much of what is answered is right, and of the corpus where it is least."""
    told = [(right, e.corpus) for e in found if (right := e.right_of_answered) is not None]
    if not told:
        return ""
    least, corpus = min(told)
    return (
        f"; of these {wording.percent(of_all.right_of_answered)} % are right, "
        f"of {corpus} alone {wording.percent(least)} %"
    )


def _studies(root: Path) -> dict[str, list[Calibration]]:
    studies = read_json(root / PATH, remedy="type: python benchmarks/calibration.py STUDY")
    return {
        name: [build(Calibration, values, source=str(root / PATH)) for values in of["corpora"]]
        for name, of in studies.items()
    }


def _shown(found: Calibration) -> tuple[str, ...]:
    shares = (
        *(found.ece_before, found.ece, found.uar),
        *(found.uar_of_surest_half, found.answered, found.right_of_answered),
    )
    return (*map(wording.percent, shares), str(found.seeds))
