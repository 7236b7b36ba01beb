"""How sure a model may be of corpora it never heard."""

from pathlib import Path

from lightspeech.config import build
from lightspeech.evaluation.left_out import PATH, WANTED, Calibration
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
        *("of the surest half", "answered %", "of these right %"),
    )
    rows = [
        _row(name, build(Calibration, values, source=str(root / PATH)))
        for name, study in studies.items()
        for values in study["corpora"]
    ]
    return (
        f"{costs.table(head, rows, names=2)}\n\nMeans over seeds. *Answered*: above the threshold "
        f"of the other corpora, with which {100 * WANTED:.0f} % of their answers are right."
    )


def _row(study: str, found: Calibration) -> tuple[str, ...]:
    shares = (
        *(found.ece_before, found.ece, found.uar),
        *(found.uar_of_surest_half, found.answered, found.right_of_answered),
    )
    return (study, found.corpus, *map(wording.percent, shares))
