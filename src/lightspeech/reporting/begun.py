"""What beginning with a shipped model is worth, for the page on own recordings."""

from pathlib import Path

from lightspeech.evaluation import begun
from lightspeech.evaluation.begun import Begun
from lightspeech.reporting import costs, wording


def describe(root: Path) -> str:
    """Write both figures of each pair of studies, and their difference.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if the file holds no JSON object.
        ConfigError: if it does not hold what it should.
    """
    measured = begun.read(root)
    if not measured:
        return costs.NOTHING
    head = (
        *("corpus, classes", "protocol", "seeds", "fresh weights", "init"),
        *("difference, 95 % interval", "heard better"),
    )
    return (
        f"{costs.table(head, [_row(each) for each in measured], names=2)}\n\nUAR in percent, mean "
        "over folds and seeds, of speakers unknown to both; the interval: a paired bootstrap over "
        "speakers. *Heard better*: share of the speakers whose UAR is higher."
    )


def _row(found: Begun) -> tuple[str, ...]:
    low, high = (100 * bound for bound in found.gain_ci95)
    return (
        f"{found.corpus}, {found.classes}",
        found.protocol,
        str(len(found.seeds)),
        wording.percent(found.fresh_uar),
        wording.percent(found.begun_uar),
        f"{100 * found.gain:+.1f} [{low:+.1f}, {high:+.1f}]",
        f"{100 * found.better_speakers:.0f} %",
    )
