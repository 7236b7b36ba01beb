"""What `new` found in a folder of somebody's own recordings, for people."""

from collections.abc import Iterator
from typing import Any

from lightspeech.reporting import corpus

SHOWN = 10
"""Faults that are listed one by one."""


def describe(summary: dict[str, Any]) -> str:
    """Write what `new` prints: counts, level, what is wrong, and what to type next.

    Args:
        summary: as of `lightspeech.workflows.new.New`.
    """
    return "\n".join([corpus.describe(summary), "", *_level(summary), *_next(summary)])


def _level(summary: dict[str, Any]) -> Iterator[str]:
    level = summary["level_dbfs"]
    yield (
        f"{summary['minutes']:g} minutes; level {level['median']:g} dBFS, from "
        f"{level['lowest']:g} to {level['highest']:g}"
    )
    faults = summary["faults"]
    yield f"to look at: {len(faults)}"
    yield from (f"  {each['path']}: {each['fault']}" for each in faults[:SHOWN])
    if len(faults) > SHOWN:
        yield f"  and {len(faults) - SHOWN} more, all with --json"


def _next(summary: dict[str, Any]) -> Iterator[str]:
    yield from (f"note: {note}" for note in summary["notes"])
    yield f"protocol: {summary['protocol']['name'].replace('_', '-')}"
    yield f"recipe: {summary['recipe']}"
    yield f"next: lightspeech run {summary['recipe']}"
