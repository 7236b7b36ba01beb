"""What is wrong with a configuration, in the words of who writes one: where, what, and a remedy."""

import dataclasses
import difflib
import typing
from typing import Any

from pydantic import ValidationError

Place = tuple[int | str, ...]
LISTS = ("tuple_type", "list_type")
OF_PLUGIN = "plugin"
"""Type of a fault that holds those of a plug-in's own configuration."""


def faults(error: ValidationError, cls: Any) -> list[tuple[str, str]]:
    """List where each fault is (dotted, empty for the whole) and what it is.

    Args:
        error: what pydantic found.
        cls: that was checked against, to tell which keys it knows.
    """
    found = []
    for fault in error.errors(include_url=False):
        where = ".".join(map(str, fault["loc"]))
        if fault["type"] == OF_PLUGIN:
            inner = fault["ctx"]["faults"]
            found += [(f"{where}.{deeper}".rstrip("."), message) for deeper, message in inner]
        else:
            found.append((where, _told(fault, cls)))
    return found


def short(value: object, limit: int = 60) -> str:
    """Show a value in a message, cut where it is long.

    Args:
        value: that somebody wrote.
        limit: characters.
    """
    text = repr(value)
    return text if len(text) <= limit else text[:limit] + "…"


def _told(fault: Any, cls: Any) -> str:
    place, kind, value = fault["loc"], fault["type"], fault["input"]
    key = str(place[-1]) if place else ""
    if kind == "missing":
        return "is missing"
    if kind == "unexpected_keyword_argument":
        return f"no such key{_instead(key, _keys(cls, place[:-1]))} (got {short(value)})"
    if kind in LISTS:
        return f"expected a list, such as [1, 2] (got {short(value)})"
    if value is None and ":" in key:
        return f"write a blank behind the colon: {key.replace(':', ': ', 1)}"
    return f"{fault['msg'].removeprefix('Value error, ')} (got {short(value)})"


def _instead(key: str, known: list[str]) -> str:
    """Say what may have been meant, or what there is."""
    if near := difflib.get_close_matches(key, known, 1):
        return f", did you mean {near[0]}?"
    return f"; choose of {', '.join(known)}" if known else ""


def _keys(cls: Any, place: Place) -> list[str]:
    """List the keys of the class at a place; none where it is not to be told."""
    for part in place:
        inside = _dataclass(cls)
        if inside is not None and part in (hints := typing.get_type_hints(inside)):
            cls = hints[str(part)]  # else a place in a list or mapping of such classes
    found = _dataclass(cls)
    return [] if found is None else [field.name for field in dataclasses.fields(found)]


def _dataclass(cls: Any) -> Any:
    """Find the dataclass in an annotation such as ``tuple[Inner, ...] | None``; None without."""
    if dataclasses.is_dataclass(cls):
        return cls
    inner = map(_dataclass, typing.get_args(cls))
    return next((found for found in inner if found is not None), None)
