"""Imports go down only, never in a circle, and what begins with ``_`` stays in its package."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
LAYERS = (
    {"errors", "config", "plugins", "files", "metrics", "processes", "quiet"},
    {"audio"},
    {"corpora", "protocols", "bundle"},
    {"frontends", "models"},
    {"training"},
    {"studies"},
    {"compression", "encoders"},
    {"export"},
    {"inference"},
    {"evaluation", "explain"},
    {"reporting", "serving"},
    {"workflows"},
    {"cli"},
    {"__main__"},
)
"""Lowest first; a module may import its own layer and those below."""


def imports(tree: ast.Module) -> set[str]:
    """Dotted names that a module imports, those inside functions too."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.startswith("lightspeech.")}


def name_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def layer(name: str) -> int:
    package = name.split(".")[1]
    numbers = [number for number, packages in enumerate(LAYERS) if package in packages]
    assert numbers, f"{package} is in no layer; add it to LAYERS"
    return numbers[0]


def hidden_from(importer: str, imported: str) -> bool:
    """Tell whether a name is private to a package that the importer is not in."""
    parts = imported.split(".")
    private = [i for i, part in enumerate(parts) if part.startswith("_") and part[:2] != "__"]
    return bool(private) and not importer.startswith(".".join(parts[: private[0]]))


PATHS = {name_of(path): path for path in sorted(SOURCE.rglob("*.py"))}
IMPORTS = {name: imports(ast.parse(path.read_text("utf-8"))) for name, path in PATHS.items()}
PAIRS = [
    (importer, imported)
    for importer, names in IMPORTS.items()
    for imported in sorted(names)
    if importer != "lightspeech" and imported != "lightspeech.__version__"
]


def test_no_module_imports_a_higher_layer():
    assert [pair for pair in PAIRS if layer(pair[1]) > layer(pair[0])] == []


def test_no_module_imports_what_is_private_to_another_package():
    assert [pair for pair in PAIRS if hidden_from(*pair)] == []


def test_modules_do_not_import_each_other_in_a_circle():
    graph: dict[str, set[str]] = {name: set() for name in PATHS}
    for importer, imported in PAIRS:
        graph[importer].add(imported if imported in PATHS else imported.rpartition(".")[0])
    TopologicalSorter(graph).prepare()


def test_packages_do_not_import_each_other_in_a_circle():
    graph: dict[str, set[str]] = {}
    for importer, imported in PAIRS:
        above, below = importer.split(".")[1], imported.split(".")[1]
        if above != below:
            graph.setdefault(above, set()).add(below)
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize(
    ("importer", "imported", "hidden"),
    [
        ("lightspeech.models.micro", "lightspeech.models._rounding", False),
        ("lightspeech.export.onnx", "lightspeech.models._rounding.half", True),
        ("lightspeech.export.onnx", "lightspeech.models.separable._norm", True),
        ("lightspeech.export.onnx", "lightspeech.models.separable", False),
    ],
)
def test_private_names_are_told(importer, imported, hidden):
    assert hidden_from(importer, imported) is hidden
