"""YAML as people mean it: what is no plain number, ``true``, ``false`` or ``null`` stays text.

YAML 1.1 reads ``no`` as false, ``2024-11-05`` as a day, ``007`` as seven and ``1:30`` as ninety;
names and labels are meant. Here a number is one only where it would be written so again, and
whatever field wants one takes it from its text just as well. ``~/`` is the home of the user.
"""

import os
import re
from collections.abc import Hashable
from typing import Any

import yaml

from lightspeech.errors import ConfigError

_INT = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]+")
MAX_CHARACTERS = 1 << 20
"""Of a document; a recipe has some thousand."""
_OF_TAGS = (AttributeError, LookupError, TypeError)
"""What PyYAML 6.0 raises, besides errors of its own, where a tag does not fit its value."""
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


class _Loader(yaml.SafeLoader):
    """Text, numbers that are written as they would be, three words; no alias, no key twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):  # a hundred bytes of them ask for gigabytes
            raise ConfigError("aliases such as *name are not read; write the value out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if twice := [key for key in keys if keys.count(key) > 1]:
            raise ConfigError(f"key {twice[0]!r} is there twice; leave one of them out")
        return super().construct_mapping(node, deep)


def _construct(loader: _Loader, node: yaml.ScalarNode) -> Any:
    text = str(loader.construct_scalar(node))
    return os.path.expanduser(text) if node.style else _meant(text)


def _meant(text: str) -> Any:
    """What a word without quotes means."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and str(float(text)) == text:
        return float(text)
    return os.path.expanduser(text)


_Loader.add_constructor("tag:yaml.org,2002:str", _construct)


def load(text: str) -> Any:
    """Read a YAML document that somebody else may have written.

    Args:
        text: of one document.

    Raises:
        ConfigError: if it is none, too long or nested too deeply, or has an alias or a key twice.
    """
    if len(text) > MAX_CHARACTERS:
        raise ConfigError(f"{len(text)} characters; allowed are {MAX_CHARACTERS}")
    try:
        return yaml.load(text, _Loader)
    except ConfigError:
        raise
    except RecursionError:
        raise ConfigError("not valid YAML (nested too deeply)") from None
    except (yaml.YAMLError, ValueError, *_OF_TAGS) as error:
        where = " ".join(str(error).split())
        raise ConfigError(
            f"not valid YAML ({where}); quote a value that holds ': ' or ' #'"
        ) from None


def value(text: str) -> Any:
    """Read what was typed behind a ``=``: something in brackets, a quoted text, or a word.

    All else is the text itself: ``a: b`` and ``x #2`` are names that people give.

    Args:
        text: without its ``=``.

    Raises:
        ConfigError: if it begins with a bracket or a quote and is no YAML, see `load`, or is a
            number of thousands of digits.

    Example:
        >>> value("[1, b]"), value("2024-11-05"), value("x #2"), value("0.5")
        ([1, 'b'], '2024-11-05', 'x #2', 0.5)
    """
    text = text.strip()
    if text[:1] in tuple("[{'\""):
        return load(text)
    try:
        return _meant(text)
    except ValueError as error:  # thousands of digits
        raise ConfigError(str(error)) from None
