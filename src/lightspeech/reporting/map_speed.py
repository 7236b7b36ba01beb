"""How much faster maps are on cached spectra than by one forward pass for each mask."""

from pathlib import Path

from lightspeech.files import read_json
from lightspeech.reporting import costs

FILE = "benchmarks/maps.json"


def describe(root: Path) -> str:
    """Write a table, a row a shipped model.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    figures = read_json(root / FILE, remedy="type: python benchmarks/maps.py RECORDINGS")
    head = (
        "model", "one pass a mask, ms", "on a waveform taken apart", "on cached spectra, ms",
        "times faster", "correlation of the maps",
    )  # fmt: skip
    rows = [
        (
            name,
            f"{of['ms_per_mask']['whole']:.2f}",
            f"{of['ms_per_mask']['waveform']:.2f}",
            f"{of['ms_per_mask']['bands']:.2f}",
            f"{of['times_faster']['bands']:.0f}",
            f"{of['correlation']:.2f}",
        )
        for name, of in figures["models"].items()
    ]
    return (
        f"{costs.table(head, rows)}\n\nProcessor time of one mask on one thread "
        f"({figures['machine']['cpu']}), medians over maps of {figures['recordings']} recordings."
    )
