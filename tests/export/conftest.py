"""Generated C is compiled by the compiler of this machine, with every warning an error."""

import ctypes
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror")


@pytest.fixture(scope="session")
def objects(tmp_path_factory):
    """Folder of what was compiled in this session, named by its text and options."""
    return tmp_path_factory.mktemp("objects")


@pytest.fixture
def gcc(objects):
    """Compile each text once a session; without a compiler the test is skipped and says so."""
    if not shutil.which("gcc"):
        pytest.skip("needs a C compiler: install gcc")

    def compile(output, *arguments, compiler="gcc", dialect=WARNINGS):
        sources = [each for each in arguments if Path(each).suffix in (".c", ".cpp")]
        linked = [each for each in arguments if Path(each).suffix == ".o"]
        options = [each for each in arguments if each not in (*sources, *linked)]
        command = [compiler, *dialect, "-O2", *options]
        made = [object_of(source, command) for source in sources]
        if "-c" in options:
            [made] = made
            return shutil.copy(made, output)
        run(*command, "-o", output, *made, *linked, "-lm")
        return output

    def object_of(source, command):
        text = run(*command, "-E", "-P", source)
        made = objects / hashlib.sha256(repr(command).encode() + text).hexdigest()
        if not made.exists():
            run(*command, "-c", source, "-o", made)
        return made

    return compile


def run(*command):
    done = subprocess.run(command, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture
def load_c(gcc):
    """Compile C files to a library and load it."""

    def load(folder, *options):
        files = sorted(folder.glob("*.c"))
        library = gcc(folder / "frontend.so", "-shared", "-fPIC", *options, *files)
        return ctypes.CDLL(str(library))

    return load
