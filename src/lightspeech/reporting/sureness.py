"""How sure a model may be of corpora it never heard."""

from pathlib import Path

import numpy as np

from lightspeech.config import build
from lightspeech.evaluation.left_out import PATH, Calibration
from lightspeech.evaluation.thresholds import FITTED
from lightspeech.files import read_json
from lightspeech.reporting import costs, wording


def describe(root: Path) -> str:
    """Write a table: a row a study and a corpus that was left out.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
        ConfigError: if they do not hold what they should.
    """
    studies = read_json(root / PATH, remedy="type: python benchmarks/calibration.py STUDY")
    head = (
        *("study", "left out", "ECE %, as trained", "of the others", "UAR %"),
        *("of the surest half", "answered %", "of these right %", "seeds"),
    )
    rows = [
        _row(name, build(Calibration, values, source=str(root / PATH)))
        for name, study in studies.items()
        for values in study["corpora"]
    ]
    return (
        f"{costs.table(head, rows, names=2)}\n\nMeans over seeds. *Answered*: above the thresholds "
        f"of the other corpora, one for each emotion, with which {100 * FITTED:.0f} % of their "
        "answers are right."
    )


def of_recipe(root: Path, recipe: str) -> str:
    """Say how sure models of a recipe may be of corpora that they never heard; or nothing.

    Args:
        root: folder of all results.
        recipe: leaves corpus after corpus out; that of its last step counts.
    """
    studies = read_json(root / PATH) if (root / PATH).is_file() else {}
    steps = (recipe, f"{recipe}-")
    known = [of for name, of in studies.items() if name == steps[0] or name.startswith(steps[1])]
    if not known:
        return ""
    found = [build(Calibration, each, source=str(root / PATH)) for each in known[-1]["corpora"]]
    ece, answered, right = (
        wording.percent(float(np.mean([each for each in values if each is not None])))
        for values in (
            [each.ece for each in found],
            [each.answered for each in found],
            [each.right_of_answered for each in found],
        )
    )
    return (
        "Of corpora that were left out, with temperature and thresholds of the others: calibration "
        f"error {ece} %; {answered} % of the recordings are answered, the rest is *uncertain*; of "
        f"these {right} % are right."
    )


def _row(study: str, found: Calibration) -> tuple[str, ...]:
    shares = (
        *(found.ece_before, found.ece, found.uar),
        *(found.uar_of_surest_half, found.answered, found.right_of_answered),
    )
    return (study, found.corpus, *map(wording.percent, shares), str(found.seeds))
