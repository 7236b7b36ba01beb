"""``lightspeech benchmark``."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from lightspeech.cli import _files, _labels
from lightspeech.cli._formats import FORMATS
from lightspeech.cli._labels import Columns, Map
from lightspeech.cli._progress import Bars
from lightspeech.config import as_dict
from lightspeech.errors import ConfigError
from lightspeech.reporting import benchmark_table as tables
from lightspeech.workflows.benchmark import RUN_FORMATS, Plan, benchmark, write


def command(
    targets: Annotated[
        list[Path], typer.Argument(metavar="RUN|BUNDLE...", help="Folders, or nano, micro, small.")
    ],
    formats: Annotated[
        str | None,
        typer.Option(
            help="To export and measure, with commas between, of "
            f"{FORMATS}; -int8 behind one exports what quantize made. If left out: of runs "
            f"{','.join(RUN_FORMATS)}, of bundles what they are."
        ),
    ] = None,
    yardstick: Annotated[
        bool, typer.Option("--yardstick", help="Also eGeMAPS and an SVM, on the first run's fold.")
    ] = False,
    manifest: Annotated[
        Path | None, typer.Option(help="For bundles: a manifest, or any CSV with path and label.")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            help="For bundles: vocabulary of the recordings' labels; else by its classes."
        ),
    ] = None,
    columns: Columns = None,
    names: Map = None,
    rounds: Annotated[int, typer.Option(min=1, help="Calls of each that are timed.")] = 100,
    threads: Annotated[int, typer.Option(min=1, help="Processor threads of each.")] = 1,
    bundles: Annotated[
        Path | None,
        typer.Option(help="Folder that exported models go into; bundles if left out."),
    ] = None,
    cache: Annotated[Path, typer.Option(help="Folder of cached features.")] = Path("cache"),
    output: Annotated[Path | None, typer.Option(help="Also write all as JSON here.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Also draw times and sizes, SVG.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")] = False,
) -> None:
    """Measure models in many formats, side by side: UAR, size, memory, latency.

    A run is exported in every format, its int8 formats from what quantize made of it, and an int8
    bundle in those that are named; what fails stays in the table and says why, and the exit code is
    1 then. Rounds are interleaved, so that ratios hold on a busy machine.

    Example: lightspeech benchmark runs/ravdess_micro/fold0-seed0 --output results/benchmark.json
    """
    if json + csv + markdown > 1:
        raise ConfigError("choose one of --json, --csv and --markdown")
    _files.ending_in(output, ".json")
    _files.ending_in(picture, ".svg")
    plan = Plan(
        targets=targets, formats=formats.split(",") if formats else (), yardstick=yardstick,
        manifest=manifest, labels=labels, columns=_labels.columns(columns),
        names=_labels.mapping(names), rounds=rounds, threads=threads,
        bundles=bundles or Path("bundles"), cache=cache,
    )  # fmt: skip
    with Bars() as bars:
        result = benchmark(plan, bars.show)
    write(result, output=output, picture=picture)
    if json:
        typer.echo(json_format.dumps(as_dict(result)))
    elif csv:
        typer.echo(tables.comma_separated(result.rows))
    else:
        measured_on = result.machine["cpu"]
        typer.echo(f"{measured_on}, threads: {result.threads}, rounds: {result.rounds}\n")
        typer.echo(tables.markdown(result.rows) if markdown else tables.text(result.rows))
    if any(row.status == "failed" for row in result.rows):
        raise typer.Exit(1)
