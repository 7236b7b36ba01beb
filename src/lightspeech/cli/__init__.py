"""The command line: one file per command, found by its name; each parses, calls, prints."""

import io
import os
import re
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial, wraps
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from lightspeech import __version__, plugins
from lightspeech.errors import LightspeechError, LightspeechWarning
from lightspeech.files import check_place, printable

CONTRACT = ("command",)
"""What a module binds that is a command."""
PLACES = frozenset({"output", "publish", "bundles", "picture", "pictures", "explained"})
"""What commands call a file or a folder that they write when their work is done."""
INTERRUPTED, TERMINATED = 130, 143
"""Exit codes of Ctrl-C, and of a polite end: processes are ended and half files removed."""
_HOME = re.compile(r"^(--[\w-]+=)?~/")
_INTERRUPTED = "interrupted; finished work is kept; run and train go on with --resume"


def _checking_places(command: Callable[..., None]) -> Callable[..., None]:
    """Have a command refuse an output that cannot be written before it begins to work."""

    @wraps(command)
    def checked(**values: Any) -> None:
        for name in PLACES & values.keys():
            if values[name] is not None:
                check_place(values[name])
        command(**values)

    return checked


class _Commands(Mapping[str, Any]):
    """Commands by their names, each imported once it is asked for: all of them take a second."""

    def __getitem__(self, name: str) -> Any:
        if not plugins.has(__name__, name):
            raise KeyError(name)
        alone = typer.Typer(add_completion=False)
        alone.command(name)(_checking_places(plugins.load(__name__, name).command))
        return get_command(alone)

    def __iter__(self) -> Iterator[str]:
        return iter(plugins.names(__name__))

    def __len__(self) -> int:
        return len(plugins.names(__name__))


class _Group(TyperGroup):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "commands": _Commands()})

    def list_commands(self, ctx: object) -> list[str]:
        return list(self.commands)


app = typer.Typer(
    name="lightspeech",
    cls=_Group,
    help="Emotional speech to models of tens of kilobytes, honestly measured.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lightspeech {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")] = False,
) -> None:
    if debug:
        os.environ["LIGHTSPEECH_DEBUG"] = "1"


def _warn(message: Warning | str, category: type[Warning], *place: object) -> None:
    """Print what a user should know; that of other libraries is for their authors."""
    if issubclass(category, LightspeechWarning):
        typer.echo(f"warning: {printable(message)}", err=True)


def _at_home(argument: str) -> str:
    """Read ``~/`` as a shell does, also behind ``--option=``, where a shell leaves it."""
    return _HOME.sub(lambda match: (match[1] or "") + os.path.expanduser("~/"), argument)


def main() -> None:
    """Run a command, see `supervise`."""
    supervise(partial(app, standalone_mode=True))


def supervise(call: Callable[[], object]) -> None:
    """Do what a user asked for; an error is one line on stderr and exit code 1, Ctrl-C is 130.

    Args:
        call: all of it; it reads ``sys.argv`` itself.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file in Windows' cp1252, or the locale C, takes few characters; names have any.
            stream.reconfigure(errors="backslashreplace")
    warnings.showwarning = _warn  # type: ignore[assignment]
    warnings.simplefilter("always", LightspeechWarning)
    sys.argv[1:] = map(_at_home, sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        call()
    except LightspeechError as error:
        if os.environ.get("LIGHTSPEECH_DEBUG"):
            raise
        sys.exit(f"error: {printable(error)}")
    except OSError as error:  # a full disk, most often under a redirected standard output
        if os.environ.get("LIGHTSPEECH_DEBUG"):
            raise
        place, why = error.filename or "standard output", error.strerror or error
        sys.exit(f"error: {printable(place)}: {why}; free space or name another place")
    except SystemExit as stop:  # typer ends without a word on Ctrl-C
        if stop.code == INTERRUPTED:
            print(_INTERRUPTED, file=sys.stderr)
        raise
    except KeyboardInterrupt:
        print(_INTERRUPTED, file=sys.stderr)
        sys.exit(INTERRUPTED)
