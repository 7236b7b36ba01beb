"""What a user names on the command line: files, folders, standard input."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import typer

from lightspeech.audio import folders, remote, samples
from lightspeech.config import check_plain
from lightspeech.errors import ConfigError
from lightspeech.files import printable

STDIN = Path("-")
NAMED = 10
"""Of skipped files so many are named; more are counted."""


def expand(paths: Iterable[Path]) -> list[Path]:
    """Replace each folder by the recordings below it; one without any stays.

    What is skipped is told on standard error.

    Args:
        paths: files and folders, addresses of such among them.

    Raises:
        AudioError: if a folder cannot be read, or nobody answers at an address.
        MissingExtra: if there is an address, and fsspec is not installed.
    """
    files: list[Path] = []
    for path in paths:
        if remote.address(path) is not None:
            files += remote.below(path)
            continue
        files += (list(_below(path)) if os.path.isdir(path) else []) or [path]
    return files


def plain(name: str, option: str) -> None:
    """Refuse a name that would lie elsewhere than in the folder that is asked for.

    Args:
        name: of a folder that will be made.
        option: that it was typed behind, for the message.

    Raises:
        ConfigError: if it is no plain name.
    """
    try:
        check_plain(name)
    except ValueError as error:
        raise ConfigError(f"{option} {name}: {error}") from None


def rate(hz: int | None) -> int | None:
    """Refuse a sample rate that no recording has, of ``--raw``.

    Args:
        hz: as it was typed; none is none.

    Raises:
        AudioError: if it is outside `samples.SAMPLE_RATES`.
    """
    if hz is not None:
        samples.check_rate(hz, "--raw")
    return hz


def ending_in(path: Path | None, *suffixes: str) -> Path | None:
    """Refuse an output whose name promises another format than is written.

    Args:
        path: None: nothing is written.
        suffixes: that its name may end in, each with its dot.

    Raises:
        ConfigError: if it ends in another.
    """
    if path is not None and path.suffix.lower() not in suffixes:
        raise ConfigError(
            f"{path}: is written in another format; name a file that ends in "
            f"{' or '.join(suffixes)}"
        )
    return path


def no_recording(path: Path | None) -> Path | None:
    """Refuse an output in whose place a recording is, or seems to be.

    Args:
        path: None: nothing is written.

    Raises:
        ConfigError: if it is a recording, or named as one.
    """
    if path is not None and folders.is_recording(path):
        raise ConfigError(f"--output {path}: is a recording, or named as one; name another file")
    return path


def tell_skipped(skipped: Sequence[Path]) -> None:
    """Say on standard error which files are no audio, and what is hidden, where there are any."""
    hidden = [path for path in skipped if path.name.startswith(".")]
    others = [path for path in skipped if not path.name.startswith(".")]
    if others:
        files, are = ("file", "is") if len(others) == 1 else ("files", "are")
        typer.echo(f"skipped {len(others)} {files} that {are} no audio: {_named(others)}", err=True)
    if hidden:
        typer.echo(f"skipped what is hidden: {_named(hidden)}", err=True)


def _below(root: Path) -> Iterator[Path]:
    """Give the recordings below a folder; of several of one name, in one folder, the best."""
    listing = folders.listing(root)
    same: dict[Path, list[Path]] = {}
    for path in listing.recordings:
        same.setdefault(path.with_suffix(""), []).append(path)
    for paths in same.values():
        chosen = folders.best(paths)
        others = [path for path in paths if path != chosen]
        if others:
            typer.echo(f"left out {_named(others)}: same name as {printable(chosen)}", err=True)
        yield chosen
    tell_skipped(listing.skipped)


def _named(paths: Sequence[Path]) -> str:
    more = len(paths) - NAMED
    return ", ".join(map(printable, paths[:NAMED])) + (f" and {more} more" if more > 0 else "")
