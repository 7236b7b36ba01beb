"""A difference between two studies in words."""

from collections.abc import Iterator, Mapping

from lightspeech.evaluation.difference import Difference, PairedTest
from lightspeech.reporting import text, wording

UNKNOWN = "not compared: a file of figures has none"


def describe(difference: Difference) -> str:
    """Say what differs, a line each: data, recipe, conditions, environment, and the result."""
    head = f"{difference.first} → {difference.second}"
    return f"{head}\n{text.aligned(list(_rows(difference)))}"


def _rows(difference: Difference) -> Iterator[tuple[str, str]]:
    yield "recordings", _recordings(difference.recordings)
    if difference.recipe is None:
        yield "recipe", UNKNOWN
    for what, changes in (
        ("recipe", difference.recipe or {}),
        ("conditions", difference.conditions),
        ("environment", difference.environment),
    ):
        yield from _changes(what, changes)
    before, after = (wording.percent(uar) for uar in difference.uar)
    yield "UAR", f"{before} → {after}"
    yield "by speaker", _test(difference.test)


def _recordings(counts: Mapping[str, int] | None) -> str:
    if counts is None:
        return UNKNOWN
    return ", ".join(f"{n:,} {what.replace('_', ' ')}" for what, n in counts.items() if n)


def _changes(what: str, changes: Mapping[str, tuple[object, object]]) -> Iterator[tuple[str, str]]:
    for key, (before, after) in changes.items():
        yield what, f"{key}: {_value(before)} → {_value(after)}"


def _value(value: object) -> str:
    """Write a hash by its beginning, and what is not there as such."""
    if value is None:
        return "none"
    whole = str(value)
    return whole[:12] if len(whole) == 64 else whole


def _test(test: PairedTest | None) -> str:
    if test is None:
        return "no paired test: other classes, or fewer than two speakers in both"
    low, high = (f"{100 * bound:+.1f}" for bound in test.ci95)
    return (
        f"{100 * test.change:+.1f} [{low}, {high}], {test.speakers} speakers, p {test.p:.4f}, "
        f"Holm {test.p_holm:.4f}"
    )
