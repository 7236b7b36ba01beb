"""Generated C to WebAssembly, by the clang of this machine or that of the package ``ziglang``."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lightspeech.errors import BundleError, MissingExtra
from lightspeech.files import write_text

PROGRAM = "ls_wasm.c"
HEADERS = "libc"
"""Headers of the few calls that generated C makes of the C library."""
FLAGS = (
    "-std=c99", "-Os", "-fno-vectorize", "-fno-slp-vectorize", "-fno-math-errno", "-nostdlib",
    "-Wl,--no-entry", "-Wl,--strip-all",
)  # fmt: skip
"""The C has the vectors that count; -O2 and what a compiler finds are 4 kB for 3 % of the time."""
CLANG = ("clang", "--target=wasm32", "-msimd128", "-mbulk-memory", "-mnontrapping-fptoint")
FEATURES = "-mcpu=generic+simd128+bulk_memory+bulk_memory_opt+nontrapping_fptoint"
"""The same for zig, which takes them all together."""
ZIG = (sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding", FEATURES)
TIMEOUT_S = 600


def compile(sources: Mapping[str, str], about: Mapping[str, Any]) -> bytes:
    """Compile generated C, and what JavaScript calls around it, to a module without imports.

    Args:
        sources: name to text, under their usual names.
        about: what JavaScript is told of the model, as JSON.

    Raises:
        MissingExtra: if there is no compiler.
        BundleError: if it does not compile.
    """
    command = _compiler()
    if command is None:
        raise MissingExtra(
            "export to wasm without clang and wasm-ld (apt install clang lld)", "wasm"
        )
    with tempfile.TemporaryDirectory(prefix="lightspeech-") as folder:
        for name, text in sources.items():
            write_text(Path(folder) / name, text)
        ours = files(__package__)
        paths = [str(ours / PROGRAM), *sorted(name for name in sources if name.endswith(".c"))]
        includes = ("-isystem", str(ours / HEADERS), "-I.", f"-I{ours}")
        defines = (f"-DABOUT={json.dumps(json.dumps(about))}", "-DLS_MAKES_TABLES")
        ended = subprocess.run(
            [*command, *FLAGS, *includes, *defines, *paths, "-o", "model.wasm"],
            cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S,
        )  # fmt: skip
        if ended.returncode != 0:
            why = ended.stderr.strip().splitlines()[:1] or ["failed"]
            raise BundleError(f"{command[0]}: {why[0][:200]}; export needs clang 14 or newer")
        return (Path(folder) / "model.wasm").read_bytes()


def is_here() -> bool:
    """Tell whether there is a compiler."""
    return _compiler() is not None


def _compiler() -> tuple[str, ...] | None:
    if shutil.which("clang") and shutil.which("wasm-ld"):
        return CLANG
    return ZIG if find_spec("ziglang") else None
