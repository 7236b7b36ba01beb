"""What a public name must say of itself: arguments, shapes, units and errors.

``python tests/test_docstrings.py [PACKAGE]`` counts the faults of each package and lists those of
one. Nothing is imported, so it takes a second and needs no torch. The rules:

- A public module, class, function, method and property has a docstring.
- ``Args:`` names exactly the parameters, in their order. One parameter that is no array needs
  none; one array or two parameters may be named in the text instead, each by its own name, in
  backticks where that has fewer than four letters.
- An array or Tensor that goes in, comes out or is a field has a shape: the word *shape* or
  *scalar*, or a bracket as in ``(batch, frames)`` between double backticks. Text that speaks of
  several has as many, or says *both* or *each*.
- A number that is named like a quantity (`QUANTITIES`) has a unit, in its name or its text.
- ``Raises:`` has every error of our tree that the body itself raises, or its base.
- ``Attributes:`` names fields that are there.
- What stands in single backticks is a name of ours, of Python's or of the module: the reference
  makes a link of it. Anything else, keys and file names among it, has double backticks.
"""

import ast
import builtins
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src/lightspeech"
TOP = "(top)"

Function = ast.FunctionDef | ast.AsyncFunctionDef
SECTION = re.compile(r"^(Args|Attributes|Returns|Yields|Raises|Examples?|Notes?):$", re.MULTILINE)
ENTRY = re.compile(r"^ {4}\*{0,2}(\w+)(?: \(.*?\))?:", re.MULTILINE)
SHAPE = re.compile(
    r"(?:\bshapes?:? (?:of )?)?``\([^`]*\)``|\b(?:shapes?|scalars?|both|each)\b", re.IGNORECASE
)
QUANTITIES = re.compile(
    r"(?:.*_)?(?:rate|duration|latency|energy|frequency|hertz|f_min|f_max|f0|pitch|loudness"
    r"|timeout|delay|interval|length|period|memory|size|gain|snr)"
)
UNIT = re.compile(
    r"\b(?:Hz|kHz|MHz|dB|s|ms|µs|seconds?|milliseconds?|minutes?|samples?|frames?|bytes?|[KM]?i?B"
    r"|bits?|mJ|semitones?|octaves?|cycles?|steps?|epochs?|factor|share|relative|ratio|times|per"
    r"|rows?|utterances?|values?|numbers?|characters?|\d+ to \d+|0 to 1|learning)\b"
)
ARRAYS = {"NDArray", "ndarray", "Tensor", "ArrayLike"}
REFERENCE = re.compile(r"(?<![`\w])`([A-Za-z_][\w.]*)`(?!`)")


def modules() -> dict[str, list[Path]]:
    """Public modules by package; those at the top of the tree are one package."""
    found: dict[str, list[Path]] = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        hidden = any(part.startswith("_") and part != "__init__" for part in parts)
        if not hidden and parts[0] != "cli":
            found.setdefault(parts[0] if len(parts) > 1 else TOP, []).append(path)
    return found


def error_tree() -> dict[str, set[str]]:
    """Map each of our errors to its bases and itself."""
    tree: dict[str, set[str]] = {"Exception": set()}
    for node in ast.parse((ROOT / "errors.py").read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef):
            bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
            tree[node.name] = {node.name, *bases}.union(*(tree.get(b, set()) for b in bases))
    return tree


def array_names() -> set[str]:
    """The names of array types, and of what our modules call so (``Waveform``, ``Inputs``)."""
    names: set[str] = set()
    kinds = (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp)
    aliases = [
        (target.id, node.value)
        for path in ROOT.rglob("*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.value, kinds)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    more = set(ARRAYS)
    while more - names:
        names |= more
        more = {name for name, value in aliases if is_array(value, names)}
    return names


def is_array(annotation: ast.expr | None, names: set[str]) -> bool:
    """Tell whether an annotation holds arrays; those in a dict or of a callback are not asked."""
    match annotation:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in names
        case ast.Constant(value=str(text)):
            return is_array(ast.parse(text, mode="eval").body, names)
        case ast.Subscript(value=ast.Name(id="dict" | "Mapping" | "Callable" | "type" | "Literal")):
            return False
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[first, *_])):
            return is_array(first, names)
        case ast.Subscript(value=value, slice=inner):
            return is_array(value, names) or is_array(inner, names)
        case ast.BinOp(left=left, right=right):
            return is_array(left, names) or is_array(right, names)
        case ast.Tuple(elts=elements):
            return any(is_array(element, names) for element in elements)
    return False


def is_number(annotation: ast.expr | None) -> bool:
    text = ast.unparse(annotation) if annotation else ""
    return bool(re.search(r"\b(?:int|float)\b", text)) and "dict[" not in text


def all_names() -> set[str]:
    """Every ending of every dotted name: ``metrics``, ``classes.uar``, ``lightspeech.metrics``."""
    names: set[str] = set()
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        module = [part for part in parts if part != "__init__"]
        tree = ast.parse(path.read_text("utf-8"))
        for name in [[], *defined(tree, [])]:
            dotted = [*module, *name]
            names |= {".".join(dotted[start:]) for start in range(len(dotted))}
    return names


def defined(parent: ast.Module | ast.ClassDef, prefix: list[str]) -> Iterator[list[str]]:
    """Names that a module or a class defines, those of its classes below them."""
    for node in parent.body:
        match node:
            case ast.ClassDef(name=name):
                yield [*prefix, name]
                yield from defined(node, [*prefix, name])
            case ast.FunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                yield [*prefix, name]
            case ast.Assign(targets=[target, *_]):
                yield from ([*prefix, n.id] for n in ast.walk(target) if isinstance(n, ast.Name))


TREE = error_tree()
NAMES = array_names()
LINKS = all_names() | set(dir(builtins))


class Text:
    """A docstring in the parts that Google style gives it."""

    def __init__(self, node: ast.AST) -> None:
        found = ast.get_docstring(node, clean=False)  # type: ignore[arg-type]
        self.whole = inspect.cleandoc(found or "")
        head, *rest = SECTION.split(self.whole)
        self.head = head
        self.sections = dict(zip(rest[::2], rest[1::2], strict=True))
        self.args = self.entries("Args")
        self.result = "".join(self.sections.get(name, "") for name in ("Returns", "Yields"))

    def entries(self, section: str) -> dict[str, str]:
        _, *rest = ENTRY.split("\n" + self.sections.get(section, ""))
        return dict(zip(rest[::2], rest[1::2], strict=True))

    def names(self, parameter: str) -> bool:
        word = rf"\b{parameter}\b" if len(parameter) > 3 else rf"`\*{{0,2}}{parameter}\b"
        return bool(re.search(word, self.head, re.IGNORECASE))


def faults(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each fault in a module."""
    module = ast.parse(source)
    if not ast.get_docstring(module):
        yield 1, "the module has no docstring"
    yield from faults_of_body(module, "")
    yield from faults_of_references(module)


def faults_of_body(parent: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[int, str]]:
    for node in parent.body:
        if not isinstance(node, Function | ast.ClassDef):
            continue
        if node.name.startswith("_"):
            continue
        text, name = Text(node), prefix + node.name
        if isinstance(node, ast.ClassDef):
            found = faults_of_class(node, text)
        else:
            found = faults_of_function(node, text, own=isinstance(parent, ast.ClassDef))
        yield from ((node.lineno, f"{name}: {fault}") for fault in found)
        if isinstance(node, ast.ClassDef):
            yield from faults_of_body(node, f"{name}.")


def faults_of_references(module: ast.Module) -> Iterator[tuple[int, str]]:
    bound = {node.arg for node in ast.walk(module) if isinstance(node, ast.arg)}
    for node in ast.walk(module):
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    for node in ast.walk(module):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                for name in REFERENCE.findall(text):
                    if name not in LINKS and name.partition(".")[0] not in bound:
                        yield node.lineno, f"`{name}` is no name"


def faults_of_class(node: ast.ClassDef, text: Text) -> Iterator[str]:
    if not text.whole:
        yield "no docstring"
        return
    attributes = text.entries("Attributes")
    fields = [
        n for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
    ]
    known = {n.target.id for n in fields} | assigned(node)
    yield from (
        f"Attributes: has {name}, which is no field" for name in attributes if name not in known
    )
    below = {n: m for n, m in zip(node.body, node.body[1:], strict=False)}
    for field in fields:
        name, following = field.target.id, below.get(field)
        said = attributes.get(name, "")
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            said += str(following.value.value)
        yield from faults_of_value(name, field.annotation, said + text.head)
    init = next((n for n in node.body if isinstance(n, Function) and n.name == "__init__"), None)
    if init is not None:
        inside = Text(init)
        yield from faults_of_function(init, inside if inside.args else text, own=True)


def assigned(node: ast.ClassDef) -> set[str]:
    """Attributes that the methods of a class set, and its properties."""
    names = {n.name for n in node.body if isinstance(n, Function)}
    return names | {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}


def faults_of_function(node: Function, text: Text, *, own: bool) -> Iterator[str]:
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    if any(name.endswith(("overload", ".setter")) for name in decorators):
        return
    if not text.whole:
        yield "no docstring"
        return
    every = [*node.args.posonlyargs, *node.args.args]
    if own and "staticmethod" not in decorators:
        every = every[1:]
    every += [a for a in (node.args.vararg, *node.args.kwonlyargs, node.args.kwarg) if a]
    parameters = [argument for argument in every if not argument.arg.startswith("_")]
    yield from faults_of_args(parameters, text)
    needed = 0
    for argument in parameters:
        name, told = argument.arg, argument.arg in text.args
        needed += not told and is_array(argument.annotation, NAMES)
        if told or not is_array(argument.annotation, NAMES):
            yield from faults_of_value(name, argument.annotation, text.args.get(name, text.head))
    if is_array(node.returns, NAMES):
        needed += not text.result
        if text.result and not SHAPE.search(text.result):
            yield "what it returns has no shape"
    shapes = len(SHAPE.findall(text.head))
    if needed > shapes:
        yield f"its text has {shapes} shapes of {needed} arrays"
    yield from faults_of_raises(node, text)


def faults_of_args(parameters: list[ast.arg], text: Text) -> Iterator[str]:
    names = [argument.arg for argument in parameters]
    if "Args" in text.sections:
        if list(text.args) != names:
            yield f"Args: has {list(text.args)}, the signature {names}"
        return
    arrays = [argument for argument in parameters if is_array(argument.annotation, NAMES)]
    if len(names) > 2 or not all(text.names(name) for name in names):
        if len(names) > 1 or arrays:
            yield f"no Args: for {names}"


def faults_of_value(name: str, annotation: ast.expr | None, said: str) -> Iterator[str]:
    if is_array(annotation, NAMES) and not SHAPE.search(said):
        yield f"{name} has no shape"
    if is_number(annotation) and QUANTITIES.fullmatch(name) and not UNIT.search(said):
        yield f"{name} has no unit"


def faults_of_raises(node: Function, text: Text) -> Iterator[str]:
    said = set(text.entries("Raises"))
    for error in sorted(raised(node.body)):
        if error in TREE and not any(s in TREE[error] or error in TREE.get(s, ()) for s in said):
            yield f"Raises: lacks {error}"


def raised(body: list[ast.stmt]) -> set[str]:
    """Errors that statements raise by name, functions inside left out."""
    names: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.ClassDef():
                continue
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name)) | ast.Name(id=name)):
                names.add(name)
        waiting += ast.iter_child_nodes(node)
    return names


def faults_of_package(package: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT.parents[1])}:{line} {fault}"
        for path in modules()[package]
        for line, fault in faults(path.read_text("utf-8"))
    ]


@pytest.mark.parametrize("package", modules())
def test_public_names_say_what_they_take_give_and_raise(package):
    found = faults_of_package(package)
    assert not found, "\n".join(found)


HEAD = '"""A module."""\n'
ARRAY = "npt.NDArray[np.float32]"
BAD = {
    "module": ("x = 1", "no docstring"),
    "function": ("def f(): pass", "f: no docstring"),
    "class": ("class A:\n  x: int", "A: no docstring"),
    "method": ('class A:\n  """A."""\n  def f(self): pass', "A.f: no docstring"),
    "property": ('class A:\n  """A."""\n  @property\n  def f(self): pass', "A.f: no docstring"),
    "two unnamed": ('def f(a: int, b: int):\n  """Add a number."""', "no Args: for ['a', 'b']"),
    "three named": ('def f(a, b, c):\n  """Add a, b and c."""', "no Args"),
    "array unnamed": (f'def f(x: {ARRAY}):\n  """Of shape ``(n,)``."""', "no Args: for ['x']"),
    "lacking": ('def f(a, b):\n  """F.\n\n  Args:\n    a: one.\n  """', "Args: has ['a']"),
    "stale": ('def f(a):\n  """F.\n\n  Args:\n    b: one.\n  """', "Args: has ['b']"),
    "keyword": ('def f(a, *, b):\n  """F.\n\n  Args:\n    a: one.\n  """', "Args: has ['a']"),
    "init": ('class A:\n  """A."""\n  def __init__(self, a, b): pass', "no Args: for ['a', 'b']"),
    "array": (f'def f(x: {ARRAY}):\n  """F.\n\n  Args:\n    x: numbers.\n  """', "x has no shape"),
    "optional": ('def f(x: "Tensor | None"):\n  """Give ``x``."""', "0 shapes of 1"),
    "several": ('def f(x: list[Waveform]):\n  """Play ``x``."""', "0 shapes of 1"),
    "result": (f'def f() -> {ARRAY}:\n  """F."""', "0 shapes of 1"),
    "in and out": (
        'def f(x: Tensor) -> Tensor:\n  """Of ``x``, shape ``(n,)``."""',
        "1 shapes of 2",
    ),
    "short name": ('def f(to: Path, text: str):\n  """Write a text to a path."""', "no Args"),
    "returns": (
        'def f(x: Tensor) -> Tensor:\n  """Of ``x``, shape ``(n,)``.\n\n  Returns:\n    Y.\n  """',
        "what it returns has no shape",
    ),
    "field": ('class A:\n  """A."""\n  x: Tensor\n  """Numbers."""', "x has no shape"),
    "unit": ('def f(sample_rate: int):\n  """At this sample_rate."""', "sample_rate has no unit"),
    "field unit": ('class A:\n  """A."""\n  duration: float = 1.0', "duration has no unit"),
    "raises": ('def f():\n  """F."""\n  raise AudioError("x")', "Raises: lacks AudioError"),
    "deep": ('def f():\n  """F."""\n  for x in y:\n    raise LeakError(x)', "lacks LeakError"),
    "other": (
        'def f():\n  """F.\n\n  Raises:\n    LeakError: x.\n  """\n  raise AudioError("x")',
        "Raises: lacks AudioError",
    ),
    "reference": ('def f():\n  """As `nowhere.to_be`."""', "`nowhere.to_be` is no name"),
    "comment": ('X = 1\n"""As `study.tasks`."""', "`study.tasks` is no name"),
    "attributes": ('class A:\n  """A.\n\n  Attributes:\n    y: one.\n  """\n  x: int', "y, which"),
}
GOOD = {
    "reference": 'import soxr\nX = 1\n"""`soxr.VHQ`, `classes.uar`, `OPEN`, ``a key``, `str`."""',
    "private": "def _f(a, b): pass\nclass _A:\n  x: Tensor",
    "one": 'def f(a: int):\n  """Add one."""',
    "two named": 'def f(text: str, path: Path):\n  """Write ``text`` to a path."""',
    "array": f'def f(x: {ARRAY}) -> {ARRAY}:\n  """Turn ``x``, shape ``(n,)``, to ``(m,)``."""',
    "state": 'def f(state: dict[str, Tensor]):\n  """Load weights."""',
    "annotated": 'def f(x: Annotated[int, "of a class"]):\n  """Take one."""',
    "callback": 'def f(call: Callable[[Tensor], float]):\n  """Call it."""',
    "unit in name": 'def f(duration_s: float):\n  """Wait."""',
    "unit in text": 'def f(sample_rate: int):\n  """At ``sample_rate`` Hz."""',
    "field": 'class A:\n  """A."""\n  x: Tensor\n  """Scalar."""',
    "base": 'def f():\n  """F.\n\n  Raises:\n    LightspeechError: x.\n  """\n  raise AudioError()',
    "inner": 'def f():\n  """F."""\n  def g():\n    raise AudioError("x")',
    "ours alone": 'def f():\n  """F."""\n  raise StopIteration("x")',
    "init": 'class A:\n  """A.\n\n  Args:\n    a: x.\n  """\n  def __init__(self, a): pass',
}


@pytest.mark.parametrize(("source", "fault"), BAD.values(), ids=BAD)
def test_check_finds_the_fault(source, fault):
    head = "" if fault == "no docstring" else HEAD
    found = [what for _, what in faults(head + source.replace("  ", "    "))]
    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize("source", GOOD.values(), ids=GOOD)
def test_check_is_content(source):
    assert not list(faults(HEAD + source.replace("  ", "    ")))


def main() -> None:
    """Print the number of faults of each package, and the faults of those that are named."""
    for package in sys.argv[1:]:
        print(*faults_of_package(package), sep="\n")
    for package in modules():
        print(f"{len(faults_of_package(package)):5} {package}")


if __name__ == "__main__":
    main()
