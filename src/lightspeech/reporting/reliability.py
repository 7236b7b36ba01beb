"""What spoilt files and kills did to commands, as tables."""

from pathlib import Path

from lightspeech.evaluation import reliability
from lightspeech.evaluation.reliability import Tried
from lightspeech.reporting import costs

FAILURES = ("trace", "crash", "hang", "memory", "noise")


def fuzzed(root: Path) -> str:
    """Write a table: a row a door.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
        ConfigError: if they do not hold what they should.
    """
    found = reliability.read_fuzzed(root)
    rows = [_row(name, door) for name, door in found.doors.items()]
    sums = {
        name: sum(getattr(door, name) for door in found.doors.values())
        for name in ("answered", "refused", *FAILURES)
    }
    head = ("spoilt", "inputs", "answered", "refused", *FAILURES)
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    return (
        f"{costs.table(head, [*rows, _row('all', Tried(**sums))], names=1)}\n\nSeed {found.seed}; "
        f"an input may take {found.memory_bytes >> 20} MiB and {found.processor_s:g} s of "
        f"processor. {versions}."
    )


def _row(name: str, door: Tried) -> tuple[str, ...]:
    counts = (door.inputs, door.answered, door.refused, *(getattr(door, f) for f in FAILURES))
    return (name, *(f"{count:,}" for count in counts))


def killed(root: Path) -> str:
    """Write a table: a row a command that was killed.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
        ConfigError: if they do not hold what they should.
    """
    found = reliability.read_kills(root)
    head = ("killed", "moments", "ended equal", "left half a file", "latest kill")
    rows = [
        (name, f"{k.moments}", f"{k.equal}", f"{k.half_written}", f"{k.latest_s:g} s")
        for name, k in found.commands.items()
    ]
    return f"{costs.table(head, rows, names=1)}\n\nSeed {found.seed}."
