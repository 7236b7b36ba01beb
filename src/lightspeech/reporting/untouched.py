"""Shipped models on corpora that taught nobody and that nothing was ever chosen by."""

from pathlib import Path

from lightspeech.config import build
from lightspeech.evaluation.untouched import PATH, Untouched
from lightspeech.files import read_json
from lightspeech.reporting import costs, wording


def describe(root: Path) -> str:
    """Write a table: a row a corpus and a shipped model.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
        ConfigError: if they do not hold what they should.
    """
    corpora = read_json(root / PATH, remedy="type: python -m benchmarks.untouched urdu")
    head = (
        *("corpus", "model", "recordings", "speakers", "UAR %", "of the surest half", "ECE %"),
        *("answered %", "of these right %"),
    )
    rows = [
        _row(corpus, model, build(Untouched, values, source=str(root / PATH)))
        for corpus, models in corpora.items()
        for model, values in models.items()
    ]
    return costs.table(head, rows, names=2)


def _row(corpus: str, model: str, found: Untouched) -> tuple[str, ...]:
    uar = f"{wording.percent(found.uar)}{wording.interval(found.ci95)}"
    counts = (str(found.n_utterances), str(found.n_speakers))
    shares = (found.uar_of_surest_half, found.ece, found.answered, found.right_of_answered)
    return (corpus, model, *counts, uar, *map(wording.percent, shares))
