"""What beginning with a shipped model is worth, for the page on own recordings."""

from pathlib import Path

from lightspeech.evaluation import begun
from lightspeech.reporting import costs, wording


def describe(root: Path) -> str:
    """Write both figures and their difference, paired.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if the file holds no JSON object.
        ConfigError: if it does not hold what it should.
    """
    found = begun.read(root)
    if found is None:
        return costs.NOTHING
    low, high = (100 * bound for bound in found.gain_ci95)
    head = ("corpus, classes", "protocol", "fresh weights", f"init: {found.init}", "difference")
    row = (
        f"{found.corpus}, {found.classes}",
        found.protocol,
        wording.percent(found.fresh_uar),
        wording.percent(found.begun_uar),
        f"{100 * found.gain:+.1f} [{low:+.1f}, {high:+.1f}]",
    )
    seeds = f"{len(found.seeds)} seed{'s' if len(found.seeds) > 1 else ''}"
    return (
        f"{costs.table(head, [row], names=2)}\n\nUAR in percent, mean over {found.folds} folds and "
        f"{seeds}, {found.speakers} speakers measured, each unknown to both; 95 % interval of the "
        f"difference by paired bootstrap over speakers. {100 * found.better_speakers:.0f} % of the "
        "speakers are heard better."
    )
