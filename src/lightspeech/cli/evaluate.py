"""``lightspeech evaluate``."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from lightspeech.cli import _files, _labels
from lightspeech.cli._labels import Columns, Map
from lightspeech.cli._progress import Bars, notice
from lightspeech.config import as_dict
from lightspeech.errors import ConfigError
from lightspeech.files import write_json
from lightspeech.reporting import text
from lightspeech.workflows.evaluate import evaluate, recompute


def command(
    target: Annotated[
        Path | None, typer.Argument(help="Folder of a study or a bundle, or nano, micro, small.")
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option(help="For a bundle: manifest, or any table of path and label.")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            help="For a bundle: vocabulary of the recordings' labels; else by its classes."
        ),
    ] = None,
    columns: Columns = None,
    names: Map = None,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="For a bundle: its own test speakers alone.")
    ] = False,
    published: Annotated[
        Path | None,
        typer.Option("--results", help="Published figures: compute them again from kept models."),
    ] = None,
    root: Annotated[
        Path | None, typer.Option(help="For --results: folder of the corpus, or of several.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Also write results as JSON here.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Measure a study or a bundle: UAR with its interval, WA, F1, each class, each speaker.

    Of a study that tells ratings, the concordance of each with its interval.

    With --results, published figures are computed again from their kept models, without training;
    the exit code is 1 where they do not agree.

    Example: lightspeech evaluate runs/ravdess_micro --output results/ravdess/micro.json

    Example: lightspeech evaluate --results results/ravdess/micro-int8.json --root data
    """
    _files.ending_in(output, ".json")
    if published is not None and root is not None:
        return _again(published, root, json)
    if target is None or published is not None or root is not None:
        raise ConfigError(
            "name what to measure: the folder of a study or of a bundle, or both --results FILE "
            "and --root DIR"
        )
    with Bars() as bars:
        evaluation = evaluate(
            target,
            manifest=manifest,
            labels=labels,
            held_out=held_out,
            progress=bars.show,
            columns=_labels.columns(columns),
            names=_labels.mapping(names),
        )
    for line in evaluation.notices:
        notice(line)
    figures = evaluation.figures
    if output is not None:
        write_json(output, as_dict(figures))
    typer.echo(json_format.dumps(as_dict(figures)) if json else text.describe(figures))


def _again(published: Path, root: Path, json: bool) -> None:
    """Compute published figures again, and end with 1 where they do not agree."""
    with Bars() as bars:
        recomputed = recompute(published, root, bars.show)
    agreement = recomputed.agreement
    verdict = {
        "published": agreement.published,
        "recomputed": agreement.recomputed,
        "agrees": agreement.agrees,
    }
    sentence = (
        f"UAR of seed {recomputed.seed}: published {agreement.published:.4f}, recomputed "
        f"{agreement.recomputed:.4f}: {'agrees' if agreement.agrees else 'does not agree'}"
    )
    typer.echo(json_format.dumps(verdict) if json else sentence)
    if not agreement.agrees:
        raise typer.Exit(1)
