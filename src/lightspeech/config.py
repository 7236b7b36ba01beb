"""Typed configuration: frozen dataclasses, one YAML reader, all faults at once."""

import copy
import dataclasses
import types
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Any, TypeVar, dataclass_transform

from pydantic import (
    AfterValidator,
    BeforeValidator,
    GetPydanticSchema,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError, core_schema

from lightspeech import files, plugins
from lightspeech.errors import ConfigError
from lightspeech.faults import OF_PLUGIN, faults, short

T = TypeVar("T")
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def check_plain(name: str) -> str:
    """Refuse what cannot be a name of one file or folder on every system; else give it back.

    Args:
        name: such as that of a bundle.

    Raises:
        ValueError: if it is a path, empty, too long, begins with a dot or cannot be printed.
    """
    if PurePosixPath(name).name != name or PureWindowsPath(name).name != name:
        raise ValueError("expected a plain name, not a path")
    if not name.isprintable() or not 0 < len(name) <= 200 or name.startswith("."):
        raise ValueError("expected a plain name: 1 to 200 printable characters, no dot before them")
    return name


PlainName = Annotated[str, AfterValidator(check_plain)]
"""A name that may become one of a file or folder, on every system, and be printed."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
def config(cls: type[T]) -> type[T]:
    """Turn a class into a frozen, keyword-only dataclass: no unknown keys, no NaN, no infinity."""
    dataclass = dataclasses.dataclass(frozen=True, kw_only=True)(cls)
    # Without this pydantic drops a misspelt key of a plain dataclass in silence, and takes NaN.
    # A name may be a number: that of a year.
    dataclass.__pydantic_config__ = {  # type: ignore[attr-defined]
        "extra": "forbid",
        "allow_inf_nan": False,
        "coerce_numbers_to_str": True,
    }
    return dataclass


NamedPath = Annotated[Path, BeforeValidator(lambda v: str(v) if isinstance(v, int) else v)]
"""A path that a user types, whose name may be a number."""


def _name(value: Any) -> Any:
    """Take a number as it is written, and nothing as an empty name."""
    return "" if value is None else str(value) if isinstance(value, int) else value


Name = Annotated[str, BeforeValidator(_name)]
"""A name that a user gives, such as of a class, which may be a number, or nothing."""


@dataclasses.dataclass(frozen=True)
class Choice:
    """A plug-in picked by name, with its checked configuration."""

    package: str
    """Dotted name, such as ``lightspeech.models``."""
    name: str
    """As the recipe writes it; hyphens stand for underscores."""
    config: Any
    """An instance of the plug-in's ``Config``."""

    @property
    def module(self) -> types.ModuleType:
        """The plug-in itself."""
        return plugins.load(self.package, self.name)

    def as_dict(self) -> dict[str, Any]:
        """Give back what a recipe would say: ``{name: …, …}``."""
        return {"name": self.name, **as_dict(self.config)}


def choice_of(package: str, config: Any) -> Choice:
    """Say which plug-in of a package a configuration is of: the one whose ``Config`` it is.

    Args:
        package: dotted name, such as ``lightspeech.frontends``.
        config: an instance of the ``Config`` of one of its modules.

    Raises:
        ConfigError: if it is of none.
    """
    for name in plugins.names(package):
        if plugins.load(package, name).Config is type(config):
            return Choice(package, name, config)
    raise ConfigError(
        f"{type(config).__name__} is the Config of nothing in {package}; take that of one of "
        f"{plugins.names(package)}"
    )


def plugin(package: str) -> GetPydanticSchema:
    """Mark a `Choice` field: ``{name: …, …}`` picks a module of ``package`` and its Config.

    A name alone stands for ``{name: …}``. Faults of the Config come with all others of the recipe.

    Args:
        package: dotted name of a package of plug-ins, such as ``lightspeech.models``.

    Returns:
        What belongs into the annotation: ``Annotated[Choice, plugin("lightspeech.models")]``.
    """

    def choose(value: Any) -> Choice:
        if isinstance(value, Choice):
            return value
        if isinstance(value, str):
            value = {"name": value}
        if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
            raise ValueError(f"expected {{name: …}} with one of {plugins.names(package)}")
        try:
            module = plugins.load(package, value["name"])
            settings = {key: item for key, item in value.items() if key != "name"}
            checked = _adapter(module.Config).validate_python(settings)
            return Choice(package, value["name"], checked)
        except ConfigError as error:
            raise ValueError(str(error)) from None
        except ValidationError as error:
            found = faults(error, module.Config)
            context = {"count": len(found), "faults": found}
            raise PydanticCustomError(OF_PLUGIN, "{count} faults", context) from None

    serialization = core_schema.plain_serializer_function_ser_schema(Choice.as_dict)
    schema = core_schema.no_info_plain_validator_function(choose, serialization=serialization)
    return GetPydanticSchema(lambda _type, _handler: schema)


def build(cls: type[T], values: Mapping[str, Any], *, source: str = "configuration") -> T:
    """Check values against a config class.

    Args:
        cls: made by `config`, or a container of such, ``dict[str, list[Point]]``.
        values: by field name; what is missing has its default.
        source: where the values come from, a file or an option, for the message.

    Raises:
        ConfigError: naming every fault with its path and the value found.
    """
    try:
        plain = dict(values) if isinstance(values, Mapping) else values
        checked: T = _adapter(cls).validate_python(plain)
        return checked
    except ValidationError as error:
        told = [f"{where}: {what}" if where else what for where, what in faults(error, cls)]
        raise ConfigError(f"{source}: {'; '.join(told)}") from None


def read_json(cls: type[T], path: Path) -> T:
    """Read a config that a command of ours wrote as JSON.

    Args:
        cls: as of `build`.
        path: of the file.

    Raises:
        CorpusError: if the file is missing or holds no JSON object, see `files.read_json`.
        ConfigError: naming every field that is missing, unknown or out of range.
    """
    return build(cls, files.read_json(path), source=str(path))


def as_dict(instance: Any) -> dict[str, Any]:
    """Turn a config into plain values that YAML and JSON can hold."""
    dumped: dict[str, Any] = _adapter(type(instance)).dump_python(instance, mode="json")
    return dumped


def _adapter(cls: Any) -> TypeAdapter[Any]:
    """What checks and dumps values of a class; it takes milliseconds to make, and is kept."""
    if cls not in _ADAPTERS:
        _ADAPTERS[cls] = TypeAdapter(cls)
    return _ADAPTERS[cls]


def changed(instance: Any) -> dict[str, Any]:
    """Give the values that are not the defaults, as `as_dict` does, and those that have none.

    Args:
        instance: of a config class.
    """
    dumped = as_dict(instance)
    return {
        field.name: dumped[field.name]
        for field in dataclasses.fields(instance)
        if getattr(instance, field.name) != _default(field)
    }


def _default(field: "dataclasses.Field[Any]") -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping.

    Raises:
        ConfigError: if the file is missing, is not YAML, or holds no mapping.
    """
    from lightspeech import plain_yaml  # which a bundle, and so an answer, has no need of

    try:
        values = plain_yaml.load(files.read_text(path))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not valid YAML ({error}); save it in UTF-8") from None
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected a mapping of keys to values, found {short(values)}")
    return values


def override(values: dict[str, Any], assignments: list[str]) -> dict[str, Any]:
    """Apply ``a.b=value`` and ``list.0.b=value`` assignments to a copy, see `plain_yaml.value`.

    Args:
        values: what a recipe says; it stays as it is.
        assignments: applied in their order; mappings that are not there yet are made.

    Raises:
        ConfigError: if an assignment has no ``=``, brackets or quotes without an end, or walks
            through something that is no mapping, or beyond the end of a list.

    Example:
        >>> override({"model": {"width": 32}}, ["model.width=24", "seed=7"])
        {'model': {'width': 24}, 'seed': 7}
    """
    from lightspeech import plain_yaml

    overridden = copy.deepcopy(values)
    for assignment in assignments:
        dotted, equals, text = assignment.partition("=")
        if not equals:
            raise ConfigError(f"{assignment!r} is no override; write key.subkey=value")
        *parents, last = dotted.split(".")
        node: Any = overridden
        for part in parents:
            key = _key(node, part, assignment)
            if isinstance(node, dict):
                node.setdefault(key, {})
            node = node[key]
        try:
            value = plain_yaml.value(text)
        except ConfigError:
            raise ConfigError(
                f"{short(assignment)}: its value is not YAML; quote it as in "
                f"{dotted}=\"'{text[:60]}'\""
            ) from None
        node[_key(node, last, assignment)] = value
    return overridden


def _key(node: Any, part: str, assignment: str) -> Any:
    """Turn a part of a dotted key into a key of a mapping, or an index of a list."""
    if isinstance(node, dict):
        return part
    if not isinstance(node, list):
        raise ConfigError(f"{assignment!r}: {part!r} is below a single value, not a mapping")
    if not part.isdecimal() or int(part) >= len(node):
        raise ConfigError(f"{assignment!r}: {part!r} is none of the {len(node)} places of a list")
    return int(part)
