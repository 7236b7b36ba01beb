"""C of this package as a shared library of this machine: compiled once, kept in the user's cache.

A library is named by the hash of its text, of the flags, and of what the compiler says of itself
and of the processor, so that neither a new compiler nor another machine is given an old one.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from lightspeech.errors import BundleError, MissingTool
from lightspeech.files import cache_folder, replacing, write_text

COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-std=c99", "-O3", "-march=native", "-ffp-contract=off", "-fPIC", "-shared")
"""No product is fused with a sum: the bits are those of every other machine."""
MACROS = ("-march=native", "-dM", "-E", "-x", "c", os.devnull)
"""Makes a compiler print its version and what the processor has."""
TIMEOUT_S = 600


def load(sources: Mapping[str, str], *defines: str) -> ctypes.CDLL:
    """Load a library, which is compiled first where nobody did so before.

    Args:
        sources: files of C and their headers, name to text.
        defines: more for the compiler, such as ``-DLS_VECTORS``.

    Raises:
        MissingTool: if there is no C compiler.
        BundleError: if it does not compile, or load.
        OutputError: if the cache cannot be written.
    """
    name = compiler()
    if name is None:
        raise MissingTool("a C compiler", "gcc")
    command = (name, *FLAGS, *defines)
    file = cache_folder() / f"{_hash(sources, command)}.so"
    if not file.is_file():
        _compile(sources, command, file)
    try:
        return ctypes.CDLL(str(file))
    except OSError as error:
        raise BundleError(f"{file}: does not load ({error}); remove it and try again") from None


def compiler() -> str | None:
    """Name the compiler of this machine; None where there is none."""
    return next((name for name in COMPILERS if shutil.which(name)), None)


def _hash(sources: Mapping[str, str], command: tuple[str, ...]) -> str:
    digest = hashlib.sha256(_run([command[0], *MACROS]))
    for text in (*command, *(part for item in sorted(sources.items()) for part in item)):
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:32]


def _compile(sources: Mapping[str, str], command: tuple[str, ...], file: Path) -> None:
    with TemporaryDirectory(prefix="lightspeech-") as place, replacing(file) as library:
        for name, text in sources.items():
            write_text(Path(place) / name, text)
        units = sorted(str(Path(place) / name) for name in sources if name.endswith(".c"))
        _run([*command, "-o", str(library), *units, "-lm"])


def _run(command: list[str]) -> bytes:
    try:
        ended = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise BundleError(f"{command[0]}: no answer after {TIMEOUT_S} s") from None
    if ended.returncode != 0:
        why = ended.stderr.decode(errors="replace").strip().splitlines()[:1] or ["failed"]
        raise BundleError(
            f"{command[0]}: {why[0][:200]}; --backend native needs gcc 9, clang 14 or newer, "
            "without it onnxruntime answers"
        )
    return ended.stdout
