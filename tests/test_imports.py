"""Imports go down only, never in a circle, and what begins with ``_`` stays in its package.

Tests are no part of any package: they use public names alone, or they would fail at every change
that changes no behaviour.
"""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SOURCE = TESTS.parent / "src"
LAYERS = (
    {
        "errors", "bounds", "config", "environment", "plain_yaml", "plugins", "files",
        "fixed_point", "metrics", "faults", "unfinished",
    },
    {"cluster", "heap", "processes", "progress", "quiet", "runtime", "tokenizer"},
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
)  # fmt: skip
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


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


def private_names() -> set[str]:
    """Names that a module or class of the source binds for itself alone."""
    names = {path.stem for path in PATHS.values()}
    for path in PATHS.values():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    names.add(name)
                case ast.Attribute(attr=name, ctx=ast.Store()) | ast.Name(id=name, ctx=ast.Store()):
                    names.add(name)
    return {name for name in names if is_private(name)}


def private_uses(tree: ast.Module, private: set[str]) -> set[str]:
    """Private names of ours that a test reads, imports or patches; its own ``self._x`` are none."""
    used = {name.rpartition(".")[2] for name in imports(tree) if hidden_from("tests", name)}
    patchers = {"setattr", "getattr", "delattr", "hasattr", "import_module", "patch", "object"}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self")):
                continue
            case ast.Attribute(attr=name):
                used.add(name)
            case ast.Call(func=ast.Name(id=f) | ast.Attribute(attr=f)) if f in patchers:
                texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                used |= {part for text in texts for part in str(text).split(".")}
    return used & private


def test_tests_use_no_private_names():
    private, used = private_names(), {}
    for path in sorted(TESTS.rglob("*.py")):
        if names := private_uses(ast.parse(path.read_text("utf-8")), private):
            used[str(path.relative_to(TESTS))] = sorted(names)
    assert used == {}


@pytest.mark.parametrize(
    "line",
    [
        "loop._check(1)",
        "from lightspeech.training.loop import _check",
        "from lightspeech.training import _check as check",
        "import lightspeech.training._check",
        "monkeypatch.setattr(loop, '_check', None)",
        "monkeypatch.setattr('lightspeech.training.loop._check', None)",
        "getattr(loop, '_check')",
    ],
)
def test_a_private_use_is_told_from_a_public_one(line):
    assert private_uses(ast.parse(line), {"_check"}) == {"_check"}
    assert not private_uses(ast.parse(line.replace("_check", "check")), {"_check"})
    assert not private_uses(ast.parse("self._check()\nos._exit(1)"), {"_check"})


def test_onnxruntime_has_one_door():
    """Behind it a model was checked, and errors are ours."""
    importers = [
        name
        for name, path in PATHS.items()
        if name != "lightspeech.runtime.onnx_session"
        and "import onnxruntime" in path.read_text("utf-8")
    ]
    assert importers == []
