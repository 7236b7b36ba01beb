"""``lightspeech leaks``."""

import json as json_format
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lightspeech import config, plugins
from lightspeech.cli._progress import Bars
from lightspeech.corpora import manifest
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.protocols import given, leaks
from lightspeech.protocols.base import Split

PROTOCOLS = "lightspeech.protocols"


def command(
    table: Annotated[
        Path, typer.Argument(metavar="MANIFEST", help="Manifest, or any CSV with path and label.")
    ],
    protocol: Annotated[
        str | None, typer.Option(help="Check this cut; the column 'split' if left out.")
    ] = None,
    options: Annotated[
        list[str] | None, typer.Option("--set", help="Option of the protocol, key=value.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Find what training, selection and test share; exit code 1 where they share anything.

    Example: lightspeech leaks manifest.csv --protocol grouped-k-fold --set folds=5
    """
    with Bars() as bars:
        utterances = manifest.read_any(table, progress=bars.files)
    splits = cut(utterances, protocol, options or [])
    found = [(split.name, leak) for split in splits for leak in leaks.find(utterances, split)]
    if json:
        pairs = [{"split": name, **asdict(leak)} for name, leak in found]
        typer.echo(json_format.dumps({"leaks": pairs, **_unchecked(utterances)}))
    else:
        for name, leak in found:
            typer.echo(f"{name}: {leak}")
        for what, count in _unchecked(utterances).items():
            if count:
                typer.echo(f"not compared, {what.replace('_', ' ')}: {count} utterances", err=True)
        typer.echo(f"{len(found)} leaks in {len(splits)} splits of {len(utterances)} utterances")
    if found:
        raise typer.Exit(1)


def cut(utterances: list[Utterance], protocol: str | None, options: list[str]) -> tuple[Split, ...]:
    """Cut by a protocol, or as the manifest says.

    Raises:
        ConfigError: if the protocol cannot cut them, or the manifest has no split to check.
    """
    if protocol is not None:
        module = plugins.load(PROTOCOLS, protocol)
        cfg = config.build(module.Config, config.override({}, options), source=protocol)
        splits: tuple[Split, ...] = module.cut(utterances, cfg).splits
        return splits
    split = given.read_split(utterances)
    if not split.train or not (split.test or split.selection):
        raise ConfigError(
            "no split to check: fill the column 'split' with train, selection and test, or name "
            f"one with --protocol, such as {plugins.names(PROTOCOLS)}"
        )
    return (split,)


def _unchecked(utterances: list[Utterance]) -> dict[str, int]:
    return {
        "speaker_unknown": leaks.speaker_unknown(utterances),
        "audio_unknown": sum(not u.audio_hash for u in utterances),
    }
