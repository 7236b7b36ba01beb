"""Generated C is compiled by the compiler of this machine, with every warning an error."""

import ctypes
import shutil
import subprocess

import pytest

WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror")


@pytest.fixture
def gcc():
    """Compile; without a compiler the test is skipped and says so."""
    if not shutil.which("gcc"):
        pytest.skip("needs a C compiler: install gcc")

    def compile(output, *arguments, compiler="gcc", dialect=WARNINGS):
        done = subprocess.run(
            [compiler, *dialect, "-O2", "-o", output, *arguments, "-lm"],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return output

    return compile


@pytest.fixture
def load_c(gcc, tmp_path):
    """Compile C files to a library and load it."""

    def load(folder):
        library = gcc(tmp_path / "frontend.so", "-shared", "-fPIC", *sorted(folder.glob("*.c")))
        return ctypes.CDLL(str(library))

    return load
