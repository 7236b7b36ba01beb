"""What each corpus or language, learnt from alone, teaches about the others."""

from lightspeech.evaluation.results import Results
from lightspeech.reporting import wording

SELF = "–"
"""Where a corpus would be tested on what learnt from it."""


def targets(figures: Results) -> list[str]:
    """List all corpora that are tested, sorted."""
    return sorted({target for row in figures.transfer.values() for target in row})


def rows(figures: Results) -> list[tuple[str, ...]]:
    """Write the matrix in percent: a row a source, a column a tested corpus, with means."""
    columns = targets(figures)
    return [
        (
            source,
            *(wording.percent(row[name]) if name in row else SELF for name in columns),
            wording.percent(sum(row.values()) / len(row)),
        )
        for source, row in figures.transfer.items()
    ]
