"""Counts how the house is built: questions of kind, busiest modules, top-level files, lines.

A line asks for a kind where it looks at a name, a type or a missing value to learn what a model, a
front end, a step or a format *is*, instead of letting it answer for itself.
"""

import argparse
import ast
import json
import re
from pathlib import Path

KINDS = re.compile(
    r"""
    \b(encoder|heard|cfg\.encoder|ENCODER)\s+is\s+(not\s+)?None      # is there an encoder?
    | \.beside\b | \bbeside\s+is\s                                    # are there two networks?
    | \bown\((cfg|heard|self|done|first|encoder) | \.tuned\b            # whose is the encoder?
    | quantize\s+is\s+(not\s+)?None | endswith\("-int8"\)             # is it int8?
    | isinstance\([^)]*\b(Encoded|Known|Fused|Features|Int8Network|Fusion|GraphModule|Classifier
      |EncoderFrontend|Pair|Mel|KnownSpeaker)\b
    | \b(step|model|frontend)\.name\s*(==|!=) | \b(format|scheme|suffix)\s*(==|!=|in|not\sin)\s
    | \.(scheme|format)\s*(==|!=)\s*["']
    | normalisation\s*(==|!=)                                         # does it know its speaker?
    | (has|get)attr\([^)]*"(ENCODER|pretrained|narrowed|settle|standardize|prepare|check)"
    """,
    re.VERBOSE,
)
BUSIEST = 5


def code_lines(source: str) -> list[str]:
    """Give the lines of a module without docstrings and comments."""
    tree = ast.parse(source)
    lines = [line.partition("  #")[0] for line in source.splitlines()]
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[number] = ""
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def own_imports(source: str, root: Path) -> set[str]:
    """Name the modules of the package that a module imports."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lightspeech"):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                names.add(full if is_module(full, root) else str(node.module))
    return names - {"lightspeech"}


def is_module(name: str, root: Path) -> bool:
    """Tell whether a dotted name is a module below ``src``."""
    path = root / "src" / name.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def count(root: Path) -> dict[str, object]:
    """Count a checkout."""
    package = root / "src" / "lightspeech"
    sources = {path: path.read_text("utf-8") for path in sorted(package.rglob("*.py"))}
    asking = {
        path: sum(bool(KINDS.search(line)) for line in code_lines(source))
        for path, source in sources.items()
    }
    imports = {
        str(path.relative_to(package)): len(own_imports(source, root))
        for path, source in sources.items()
    }
    busiest = sorted(imports.items(), key=lambda item: -item[1])[:BUSIEST]
    top = [path.name for path in package.glob("*.py") if not path.name.startswith("__")]
    return {
        "lines_that_ask_for_a_kind": sum(asking.values()),
        "files_that_ask_for_a_kind": sum(n > 0 for n in asking.values()),
        "imports_of_the_busiest": dict(busiest),
        "top_level_files": len(top),
        "files": len(sources),
        "lines": sum(len(source.splitlines()) for source in sources.values()),
        "code_lines": sum(len(code_lines(source)) for source in sources.values()),
    }


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("checkout", nargs="?", type=Path, default=Path())
    print(json.dumps(count(asked.parse_args().checkout), indent=2))
