"""The file that is written in place of another one until it is whole.

A program that is killed leaves it behind; the next one that writes the same file takes it again, so
that there is never more than one. Whether somebody writes it still, a lock tells that ends with the
program.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where each writer has a file of its own
    fcntl = None  # type: ignore[assignment]

LONGEST = 200
"""Characters of a name that are kept, so that what is added fits."""
FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """Give an empty file in the folder of a target, which the body writes and moves away.

    Where it is not moved it is removed.

    Args:
        target: a file; its folder is there.

    Raises:
        OSError: if nothing can be written there.
    """
    hidden = target.with_name(f".{target.name[:LONGEST]}.unfinished")
    if (held := _taken(hidden)) is None:  # by somebody who writes the same file just now
        hidden = hidden.with_name(f"{hidden.name}.{secrets.token_hex(8)}")
        hidden.touch(mode=0o666, exist_ok=False)
    inode = hidden.stat().st_ino
    try:
        yield hidden
    finally:
        if _is(hidden, inode):  # else it was moved, and another may write under its name
            hidden.unlink()
        if held is not None:
            os.close(held)


def _taken(path: Path) -> int | None:
    """Open a file, empty, that nobody else writes; None where somebody does, or nobody can tell."""
    while fcntl is not None:
        with contextlib.ExitStack() as undone:
            try:
                handle = os.open(path, FLAGS, 0o666)
                undone.callback(os.close, handle)
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return None
            if _is(path, os.fstat(handle).st_ino):  # else it has just become the target
                os.ftruncate(handle, 0)
                undone.pop_all()
                return handle
    return None


def _is(path: Path, inode: int) -> bool:
    try:
        return path.lstat().st_ino == inode
    except FileNotFoundError:
        return False
