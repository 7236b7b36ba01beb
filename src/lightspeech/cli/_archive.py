"""``predict`` of whole archives, whose answers are a table of Parquet."""

from collections.abc import Sequence
from pathlib import Path

import typer

from lightspeech.audio.folders import is_tar
from lightspeech.cli import _files
from lightspeech.errors import ConfigError

SUFFIX = ".parquet"


def table(paths: Sequence[Path], output: Path | None) -> Path | None:
    """Give the output where answers are to be a table of Parquet.

    Args:
        paths: of what is asked.
        output: where answers go.

    Raises:
        ConfigError: if one is a tar file, and there would be no table.
    """
    if output is not None and output.suffix.lower() == SUFFIX:
        return output
    if tar := next(filter(is_tar, paths), None):
        raise ConfigError(f"{tar} is an archive; add --output answers{SUFFIX}")
    return None


def answer(
    paths: Sequence[Path],
    bundle: Path | None,
    backend: str | None,
    output: Path,
    *,
    whole: bool,
    each: bool,
    processes: int | None,
    resume: bool,
    others: dict[str, bool],
) -> None:
    """Answer archives and say on standard error what they came to.

    Args:
        paths: tar files, folders and recordings.
        bundle: folder or name.
        backend: what answers, as of `load`.
        output: folder of the answers.
        whole: one answer a recording.
        each: every hop of the windows.
        processes: at once; None: one a core.
        resume: go on in a folder that is there.
        others: options that an archive has not, and whether they were given.

    Raises:
        ConfigError: if one of those was given.
        Exit: with code 1, if a recording failed.
    """
    from lightspeech.cli._progress import Bars  # rich: not at the start of every predict
    from lightspeech.workflows import archive

    others = {**others, "standard input": _files.STDIN in paths}
    if given := [name for name, value in others.items() if value]:
        raise ConfigError(f"an archive is answered without {given[0]}; leave it out")
    question = archive.Question(
        bundle=bundle, backend=backend, whole=whole, each=each, output=output
    )
    with Bars() as bars:
        answered = archive.answer(
            paths, question, progress=bars.show, resume=resume, processes=processes
        )
    hours = answered.seconds / 3600
    typer.echo(
        f"{output}: {answered.recordings:,} recordings, {hours:,.2f} hours; "
        f"{answered.failed:,} failed, see the column error",
        err=True,
    )
    if answered.failed:
        raise typer.Exit(1)
