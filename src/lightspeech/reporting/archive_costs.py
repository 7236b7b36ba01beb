"""What an archive costs: hours of sound that a core answers in an hour, and what was proved."""

from pathlib import Path
from typing import Any

from lightspeech.files import read_json
from lightspeech.reporting import costs

FILE = "benchmarks/archive.json"
ARCHIVE_HOURS = 10_000
CORES = 64
KINDS = {"clips": "clips of 1 s", "long": "recordings of 60 s"}


def describe(root: Path) -> str:
    """Write a table, a row a shipped model and length of recordings, and what a killed worker left.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    figures = read_json(root / FILE, remedy="type: python benchmarks/archive.py")
    head = (
        "model", "archive of", "hours of sound a core answers in an hour",
        f"core hours for {ARCHIVE_HOURS:,} hours", f"hours on {CORES} cores",
    )  # fmt: skip
    rows = [
        (
            name,
            kind,
            f"{rates[key]:,.0f}",
            f"{ARCHIVE_HOURS / rates[key]:,.1f}",
            f"{ARCHIVE_HOURS / rates[key] / CORES:,.2f}",
        )
        for name, rates in figures["rates"].items()
        for key, kind in KINDS.items()
    ]
    return (
        f"{costs.table(head, rows, names=2)}\n\n"
        f"WAV in tar files, processor time of one core ({figures['machine']['cpu']}), the start of "
        "a worker left out. Core hours times what you pay for one are the money; what reading from "
        f"a network costs comes on top.\n\n{_proved(figures['proof'])}"
    )


def _proved(proof: dict[str, Any]) -> str:
    early, late = (proof["memory_mb"][part] for part in ("first third", "last third"))
    return (
        f"Proved with {proof['utterances']:,} made utterances of a second in {proof['parts']} tar "
        f"files, {proof['workers']} Ray workers, {proof['killed']} of them killed on the way: "
        f"{proof['lost']} lost, {proof['twice']} twice, {proof['failed']} failed, "
        f"{proof['differ']} of the first and last file answered otherwise than by one process. "
        f"Memory of the command {early['command']} MB at most in the first third and "
        f"{late['command']} MB in the last, "
        f"of a worker {early['worker']} MB and {late['worker']} MB."
    )
