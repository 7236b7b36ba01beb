"""What differs between studies: recordings, recipe, code, environment, and the result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from lightspeech.config import as_dict, config, read_yaml
from lightspeech.corpora import manifest
from lightspeech.evaluation import conditions, paired, results
from lightspeech.evaluation.results import DIGITS, Results
from lightspeech.training import layout

Pair = tuple[Any, Any]
Recordings = dict[str, tuple[str, str, str]]
SAID = ("corpus", "protocol", "normalisation", "model", "scheme", "labels", "seeds", "folds")
"""Of the conditions and figures of two studies, compared by name."""
EXACTLY = ("data_sha256", "recipe_sha256")
"""Of the conditions: what made a study, where neither its recordings nor its recipe are here."""
PLACE = "root"
"""Of a recipe: where recordings lie is no difference."""


@config
class PairedTest:
    """A paired test by speaker, of the UAR of each (mean over seeds)."""

    speakers: int
    """That both were tested on."""
    change: float
    """Mean over speakers, second minus first, −1 to 1."""
    ci95: tuple[float, float]
    p: float
    """Two-sided, of a sign-flip test."""
    p_holm: float
    """Adjusted for all comparisons that were asked for."""


@config
class Difference:
    """From the first of two studies to the second; what is the same in both is left out."""

    first: str
    second: str
    recordings: dict[str, int] | None
    """How many are ``same``, ``changed`` (sound, speaker or label), or only in one; null where one
    of the two is a file of figures."""
    recipe: dict[str, Pair] | None
    """Values by dotted key; null as above."""
    conditions: dict[str, Pair]
    environment: dict[str, Pair]
    uar: tuple[float, float]
    test: PairedTest | None
    """Null where nothing can be paired: other classes, or fewer than two speakers in both."""


@dataclass(frozen=True, kw_only=True)
class _Side:
    """A study, or a file of figures, of which recipe and recordings are not known."""

    name: str
    figures: Results
    recipe: dict[str, Any] | None = None
    recordings: Recordings | None = field(default=None, repr=False)


def diff(first: Path, others: Sequence[Path]) -> list[Difference]:
    """Compare studies, steps of them, or files of figures with a first one.

    Args:
        first: folder of a measured study or of a step, or a JSON file of figures.
        others: likewise, one at least.

    Returns:
        A difference for each of the others.

    Raises:
        CorpusError: if one is not there, or not measured.
        ConfigError: if a file does not hold what it should.
    """
    before, *after = [_read(path) for path in (first, *others)]
    differences = [_difference(before, each) for each in after]
    tests = [each.test for each in differences if each.test is not None]
    adjusted = iter(paired.holm([test.p for test in tests]))
    return [
        each if each.test is None else replace(each, test=_adjusted(each.test, next(adjusted)))
        for each in differences
    ]


def _adjusted(test: PairedTest, p: float) -> PairedTest:
    return replace(test, p_holm=round(p, DIGITS))


def _read(path: Path) -> _Side:
    if path.is_file():
        return _Side(name=str(path), figures=results.read(path))
    figures = results.measure(*conditions.read(path))
    study = layout.study_of(path)
    recipe = read_yaml(study / layout.RECIPE)
    if "compress" in recipe:
        recipe["compress"] = recipe["compress"][: layout.step_number(path)] or None
    utterances = manifest.read(study / layout.MANIFEST, need_audio=False)
    recordings: Recordings = {u.id: manifest.identity(u) for u in utterances}
    return _Side(name=str(path), figures=figures, recipe=flat(recipe), recordings=recordings)


def _difference(first: _Side, second: _Side) -> Difference:
    a, b = as_dict(first.figures), as_dict(second.figures)
    known = first.recipe is not None and second.recipe is not None
    return Difference(
        first=first.name,
        second=second.name,
        recordings=_recordings(first.recordings, second.recordings),
        recipe=_changes(first.recipe or {}, second.recipe or {}) if known else None,
        conditions=_changes(*({key: each[key] for key in (*SAID, *EXACTLY)} for each in (a, b))),
        environment=_changes(a["environment"], b["environment"]),
        uar=(first.figures.uar.mean, second.figures.uar.mean),
        test=_test(first.figures, second.figures),
    )


def _recordings(first: Recordings | None, second: Recordings | None) -> dict[str, int] | None:
    if first is None or second is None:
        return None
    both = first.keys() & second.keys()
    changed = sum(first[name] != second[name] for name in both)
    return {
        "same": len(both) - changed,
        "changed": changed,
        "only_first": len(first.keys() - both),
        "only_second": len(second.keys() - both),
    }


def _test(first: Results, second: Results) -> PairedTest | None:
    speakers = sorted(first.per_speaker.keys() & second.per_speaker.keys())
    if first.labels != second.labels or len(speakers) < 2:
        return None
    change = np.array([second.per_speaker[s] - first.per_speaker[s] for s in speakers])
    low, high = paired.interval(change)
    p = round(paired.p_value(change), DIGITS)
    return PairedTest(
        speakers=len(speakers),
        change=round(float(change.mean()), DIGITS),
        ci95=(round(low, DIGITS), round(high, DIGITS)),
        p=p,
        p_holm=p,
    )


def _changes(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Pair]:
    """Pair the values of keys that differ; None for a key that is not there."""
    keys = [*first, *(key for key in second if key not in first)]
    pairs = {key: (first.get(key), second.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def flat(value: Any, at: str = "") -> dict[str, Any]:
    """Give each single value of a recipe its dotted key, as an override would name it.

    Args:
        value: of a recipe, or all of it.
        at: what stands before the keys.

    Returns:
        All but where recordings lie.
    """
    items = value.items() if isinstance(value, dict) else enumerate(value)
    values: dict[str, Any] = {}
    for key, item in items:
        if key == PLACE:
            continue
        is_inner = isinstance(item, dict | list) and bool(item)
        values |= flat(item, f"{at}{key}.") if is_inner else {f"{at}{key}": item}
    return values
