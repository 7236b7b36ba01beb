"""What a training costs beside an earlier build, as ``benchmarks/steps.py`` measures."""

from pathlib import Path

from lightspeech.files import read_json
from lightspeech.reporting import costs

FILE = "benchmarks/steps.json"
"""Below the folder of all results."""
REMEDY = "type: python benchmarks/steps.py RECIPE --before BUILD --studies OLD NEW"


def describe(root: Path) -> str:
    """Write a table, a row a build, and what became of the figure that epochs are selected by.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    figures = read_json(root / FILE, remedy=REMEDY)
    times, pairs = figures["times"], figures["selection_uar"]
    rows = [
        (name, f"{seconds:.2f}", f"{times[name]:.2f}")
        for name, seconds in figures["seconds"].items()
    ]
    low, high = pairs["interval"]
    return (
        f"{costs.table(('build', 'processor time, s', 'times as fast'), rows)}\n\nA run of "
        f"`{figures['recipe']}` of {figures['epochs']} epochs on one thread "
        f"({figures['machine']['cpu']}), all of it: batches, steps, selection. With "
        f"`training.precision=bf16-mixed` the last selection UAR of `{pairs['recipe']}` is "
        f"{pairs['now']:.1f} % for {pairs['before']:.1f} %, {pairs['gain']:+.1f} "
        f"[{low:+.1f}, {high:+.1f}] over {pairs['runs']} runs in pairs, in points."
    )
