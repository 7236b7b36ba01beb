"""Modules as plug-ins: the file name is the name, nothing is registered."""

import importlib
import pkgutil
from types import ModuleType

from lightspeech.errors import ConfigError


def names(package: str) -> list[str]:
    """List the plug-ins of a package, sorted: its modules without a leading underscore."""
    path = importlib.import_module(package).__path__
    return sorted(m.name for m in pkgutil.iter_modules(path) if not m.name.startswith("_"))


def load(package: str, name: str) -> ModuleType:
    """Import one plug-in; hyphens in the name stand for underscores.

    Raises:
        ConfigError: if the package has no module of that name.
    """
    module = name.replace("-", "_")
    if module not in names(package):
        kind = package.rsplit(".", 1)[-1]
        raise ConfigError(f"unknown name {name!r} in {kind}; choose one of {names(package)}")
    return importlib.import_module(f"{package}.{module}")
