"""Modules as plug-ins: the file name is the name, nothing is registered.

The ``__init__`` of a package of plug-ins says their ``CONTRACT``: names that each of them binds.
Any other module of the package is no plug-in. The names are read from the source, so that a list of
all plug-ins imports none of them.
"""

import ast
import importlib
import pkgutil
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from lightspeech.errors import ConfigError


def names(package: str) -> list[str]:
    """List the plug-ins of a package, sorted.

    Args:
        package: dotted name, such as ``lightspeech.models``.
    """
    return sorted(name for name in _modules(package) if _is_plugin(package, name))


def has(package: str, name: str) -> bool:
    """Tell whether a package has a plug-in of a name; no other one is looked into.

    Args:
        package: dotted name, such as ``lightspeech.models``.
        name: of the plug-in, as `names` has it.
    """
    return name in _modules(package) and _is_plugin(package, name)


def _modules(package: str) -> set[str]:
    parent = importlib.import_module(package)
    return {module.name for module in pkgutil.iter_modules(parent.__path__)}


def _is_plugin(package: str, module: str) -> bool:
    contract = importlib.import_module(package).CONTRACT
    return set(contract) <= _bound(f"{package}.{module}")


@cache
def _bound(module: str) -> set[str]:
    """Names that a module binds at its top level, read without importing it; none of broken code.

    So that a broken file stops nobody but who asks for it.
    """
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    try:
        tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    except (SyntaxError, ValueError):
        return set()
    return {name for statement in tree.body for name in _names(statement)}


def _names(statement: ast.stmt) -> list[str]:
    """Names that one statement binds: a definition, an assignment or an import."""
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            parts = [part for target in targets for part in ast.walk(target)]
            return [part.id for part in parts if isinstance(part, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.ImportFrom(names=aliases) | ast.Import(names=aliases):
            return [alias.asname or alias.name for alias in aliases]
    return []


def load(package: str, name: str) -> ModuleType:
    """Import one plug-in; hyphens in the name stand for underscores.

    Args:
        package: dotted name, such as ``lightspeech.models``.
        name: of the plug-in.

    Raises:
        ConfigError: if the package has no plug-in of that name, or it cannot be imported.
    """
    module = name.replace("-", "_")
    if not has(package, module):
        kind = package.rsplit(".", 1)[-1]
        raise ConfigError(
            f"{_why(package, module, name)} in {kind}; choose one of {names(package)}"
        )
    return _import(f"{package}.{module}")


def _import(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigError(
            f"{module} cannot be imported ({error}); install what it needs, or mend it"
        ) from error


def _why(package: str, module: str, name: str) -> str:
    """Say why a name is no plug-in: an own module may lack a part of the contract."""
    if module not in _modules(package):
        return f"unknown name {name!r}"
    try:
        importlib.import_module(f"{package}.{module}")
    except SyntaxError as error:
        return f"{module}.py, line {error.lineno}: {error.msg}, so it is no plug-in"
    contract = importlib.import_module(package).CONTRACT
    missing = sorted(set(contract) - _bound(f"{package}.{module}"))
    return f"{module}.py lacks {missing}, so it is no plug-in"
