"""Ways in: each makes a good folder once, spoils a copy of it, and goes in as a command does."""

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from lightspeech import cli
from lightspeech.errors import ConfigError, LightspeechError

Spoil = Callable[[Random, bytes], bytes]


@dataclass(frozen=True, kw_only=True)
class Door:
    """One way in.

    Attributes:
        name: what a table calls it.
        share: of all inputs, as a weight.
        make: writes what is good into an empty folder.
        spoil: takes a generator, that folder, and an empty one; writes there what is given in.
        enter: does with that folder, which is the current one, what a command does.
        untouched: does as ``spoil`` and spoils nothing: what must be answered.
        imports: modules that take long, imported before processes are forked.
        setup: is called once in each process before the first input.
    """

    name: str
    share: float
    make: Callable[[Path], None]
    spoil: Callable[[Random, Path, Path], None]
    enter: Callable[[Path], object]
    untouched: Callable[[Path, Path], None] = lambda good, to: linked(good, to)
    imports: tuple[str, ...] = ()
    setup: Callable[[], None] = lambda: None


def command(*arguments: object) -> None:
    """Run a command of the console in this process.

    Its errors are raised as they are; as errors of ours are raised an exit code, of a mistake in
    typing or a file of several that could not be read, and what the system says of a path, of which
    the console makes a line too.
    """
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            cli.app(list(map(str, arguments)))
        except SystemExit as end:
            if end.code:
                raise ConfigError(f"exit code {end.code}") from None
        except OSError as error:
            if error.filename is None:
                raise
            raise ConfigError(f"{error.filename}: {error.strerror}") from None
        finally:
            sys.stdout.flush()


def one_of(**by_suffix: Spoil) -> Callable[[Random, Path, Path], None]:
    """Spoil one file of a folder, in the way of its suffix, or name; the others are left alone."""

    def spoil(rng: Random, good: Path, to: Path) -> None:
        linked(good, to)
        files = sorted(path for path in to.rglob("*") if _kind(path) in by_suffix)
        file = rng.choice(files)
        replaced(file, by_suffix[_kind(file)](rng, file.read_bytes()))

    return spoil


def _kind(path: Path) -> str:
    return path.suffix.removeprefix(".")


def linked(good: Path, to: Path) -> None:
    """Copy a folder by links to its files: who writes, replaces them."""
    shutil.copytree(good, to, dirs_exist_ok=True, copy_function=os.link)


def replaced(file: Path, content: bytes) -> None:
    """Write a file anew, so that what it is linked to stays as it is."""
    file.unlink()
    file.write_bytes(content)


def all_of(*actions: Callable[[], object]) -> None:
    """Do one thing after the other; an error of ours stops none, and is raised at the end."""
    refused: LightspeechError | None = None
    for action in actions:
        try:
            action()
        except LightspeechError as error:
            refused = error
    if refused is not None:
        raise refused
