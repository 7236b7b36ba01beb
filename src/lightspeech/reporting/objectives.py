"""What learning more than the labels is worth, beside the same training without."""

from pathlib import Path

from lightspeech.errors import CorpusError
from lightspeech.evaluation import difference, results
from lightspeech.evaluation.difference import Difference
from lightspeech.reporting import costs, wording

PLAIN = "short.json"
"""Figures of the training without."""


def describe(folder: Path, plain: Path | None = None) -> str:
    """Write a table: a row an objective, the one that helps most first.

    Args:
        folder: of figures, a file an objective.
        plain: figures of the same training without; None: `PLAIN` in the folder.

    Raises:
        CorpusError: if there are no figures of it.
        ConfigError: if a file does not hold what it should.
    """
    plain = plain or folder / PLAIN
    others = sorted(path for path in folder.glob("*.json") if path != plain)
    if not others:
        raise CorpusError(
            f"{folder}: no figures there; type: lightspeech train "
            "recipes/ravdess_micro_adversarial.yaml, then lightspeech evaluate"
        )
    compared = difference.diff(plain, others)
    first = results.read(plain)
    rows = [(first.recipe, wording.percent(first.uar.mean), "", "")]
    rows += map(_row, sorted(compared, key=lambda each: -each.uar[1]))
    return costs.table(("recipe", "UAR %", "by speaker [95 %]", "p, Holm"), rows, names=1)


def _row(compared: Difference) -> tuple[str, str, str, str]:
    name, uar = results.read(Path(compared.second)).recipe, wording.percent(compared.uar[1])
    test = compared.test
    if test is None:
        return name, uar, "", ""
    low, high = (f"{100 * bound:+.1f}" for bound in test.ci95)
    return name, uar, f"{100 * test.change:+.1f} [{low}, {high}]", f"{test.p_holm:.2f}"
