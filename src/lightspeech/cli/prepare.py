"""``lightspeech prepare``."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from lightspeech import config, plugins
from lightspeech.cli._progress import Bars
from lightspeech.corpora import manifest
from lightspeech.reporting import corpus as report

CORPORA = "lightspeech.corpora"


def command(
    corpus: Annotated[str, typer.Argument(help=f"One of {', '.join(plugins.names(CORPORA))}.")],
    root: Annotated[
        Path | None, typer.Option(help="Its folder (csv: the table); $LIGHTSPEECH_DATA/CORPUS.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Where the manifest goes.")] = Path("manifest.csv"),
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    options: Annotated[
        list[str] | None, typer.Option("--set", help="Option of the reader, key=value; repeatable.")
    ] = None,
) -> None:
    """Read a corpus, decode each file once, write its manifest and report what is odd.

    Example: lightspeech prepare iemocap --root IEMOCAP_full_release --set merge_excited=true
    """
    values = config.override({"root": str(root)} if root else {}, options or [])
    module = plugins.load(CORPORA, corpus)
    choice = config.Choice(CORPORA, corpus, config.build(module.Config, values, source=corpus))
    with Bars() as bars:
        prepared = manifest.prepare(choice, progress=bars.files)
    manifest.write(prepared.utterances, output)
    summary = {**report.summarize(prepared), "manifest": str(output)}
    if json:
        typer.echo(json_format.dumps(summary, ensure_ascii=False))
    else:
        typer.echo(f"{report.describe(summary)}\nmanifest: {output}")
