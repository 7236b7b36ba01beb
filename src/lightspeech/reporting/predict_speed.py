"""What predict costs over many files and over one, beside builds of before."""

from pathlib import Path

from lightspeech.files import read_json
from lightspeech.reporting import costs

FILE = "benchmarks/predict.json"
NOW, NATIVE, DECODING = "now", "now, native", "decoding alone"


def describe(root: Path) -> str:
    """Write a table, a row a build, and how far their answers are apart.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    figures = read_json(root / FILE, remedy="type: python benchmarks/predict.py RECORDINGS")
    many, one, times = figures["seconds"]["many"], figures["seconds"]["one"], figures["times"]
    head = ("build", "many, s", "of now", "of native", "one, s", "of now")
    rows = [
        (
            _title(name),
            f"{seconds:.2f}",
            f"{times['many'][NOW][name]:.2f}",
            f"{times['many'][NATIVE][name]:.2f}",
            f"{one[name]:.3f}" if name in one else "",
            f"{times['one'][NOW][name]:.2f}" if name in one else "",
        )
        for name, seconds in many.items()
    ]
    apart = figures["answers"][NATIVE]
    return (
        f"{costs.table(head, rows)}\n\nProcessor time of the whole process over "
        f"{figures['files']:,} files and over one ({figures['machine']['cpu']}), and how many "
        f"times that of now it is. Native, {apart['other_labels']} of the files have another "
        f"label, and no probability is more than {apart['largest_difference']:.3f} apart: its "
        "front end hears 16 bits, and its arithmetic is that of boards."
    )


def _title(name: str) -> str:
    known = {NOW: "now", NATIVE: "`--backend native`", DECODING: "libsndfile, decoding alone"}
    return known.get(name, f"before, {name}")
