"""``lightspeech benchmark``."""

import json as json_format
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from lightspeech import bundle
from lightspeech.cli import _training
from lightspeech.cli._progress import Bars
from lightspeech.config import as_dict
from lightspeech.corpora import manifest as manifests
from lightspeech.errors import ConfigError
from lightspeech.evaluation import machine
from lightspeech.evaluation import trial as benchmark
from lightspeech.evaluation.trial import Entry, Row, Trial
from lightspeech.files import write_json, write_text
from lightspeech.inference import dispatch
from lightspeech.reporting import benchmark_table as tables
from lightspeech.reporting import pictures


def command(
    targets: Annotated[
        list[Path], typer.Argument(metavar="RUN|BUNDLE...", help="Folders, or nano, micro, small.")
    ],
    formats: Annotated[
        str, typer.Option(help="For runs: formats to export and measure, with commas between.")
    ] = "onnx,onnx-int8,litert-int8,executorch-int8,c99",
    yardstick: Annotated[
        bool, typer.Option("--yardstick", help="Also eGeMAPS and an SVM, on the first run's fold.")
    ] = False,
    manifest: Annotated[
        Path | None, typer.Option(help="For bundles: recordings, of which test speakers are heard.")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            help="For bundles: vocabulary of the recordings' labels; else by its classes."
        ),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Calls of each that are timed.")] = 100,
    threads: Annotated[int, typer.Option(min=1, help="Processor threads of each.")] = 1,
    bundles: Annotated[Path, typer.Option(help="Folder that exported models go into.")] = Path(
        "bundles"
    ),
    cache: Annotated[Path, typer.Option(help="Folder of cached features.")] = Path("cache"),
    output: Annotated[Path | None, typer.Option(help="Also write all as JSON here.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Also draw times and sizes, SVG.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")] = False,
) -> None:
    """Measure models in many formats, side by side: UAR, size, memory, latency.

    A run is exported in every format, its int8 formats from what quantize made of it; what fails
    stays in the table and says why. Rounds are interleaved, so that ratios hold on a busy machine.

    Example: lightspeech benchmark runs/ravdess_micro/fold0-seed0 --output results/benchmark.json
    """
    if json + csv + markdown > 1:
        raise ConfigError("choose one of --json, --csv and --markdown")
    targets = [bundle.find(path) for path in targets]
    chosen = tuple(formats.split(","))
    runs = _runs(targets, needed=yardstick)
    with Bars() as bars:
        heard = [] if manifest is None else manifests.read(manifest)
        trial = Trial(utterances=heard, vocabulary=labels, threads=threads, progress=bars.told)
        entries = [e for path in targets for e in _entries(path, chosen, bundles, trial)]
        if yardstick:
            entries.append(_yardstick(runs[0], cache, bars))
        rows = benchmark.rows(entries, rounds=rounds)
    here = machine.describe()
    values = {
        "machine": here,
        "threads": threads,
        "rounds": rounds,
        "rows": [as_dict(row) for row in rows],
    }
    if output is not None:
        write_json(output, values)
    if picture is not None:
        write_text(picture, pictures.of_benchmark(rows).text())
    if json:
        typer.echo(json_format.dumps(values))
    elif csv:
        typer.echo(tables.comma_separated(rows))
    else:
        typer.echo(f"{here['cpu']}, threads: {threads}, rounds: {rounds}\n")
        typer.echo(tables.markdown(rows) if markdown else tables.text(rows))


def _entries(path: Path, formats: tuple[str, ...], bundles: Path, trial: Trial) -> Iterator[Entry]:
    if (path / bundle.DESCRIPTION).is_file():
        made = bundle.read(path)
        yield benchmark.entry(made, Row(model=made.name, format=dispatch.back_end(made)), trial)[0]
        return
    from lightspeech.workflows import benchmark as of_runs

    yield from of_runs.of_run(
        path.resolve(), formats, bundles, threads=trial.threads, progress=trial.progress
    )


def _runs(targets: list[Path], *, needed: bool) -> list[Path]:
    """Tell runs from bundles, before anything else is done."""
    runs = [path for path in targets if not (path / bundle.DESCRIPTION).is_file()]
    if wrong := [path for path in runs if not (path / "run.json").is_file()]:
        raise ConfigError(
            f"{wrong[0]}: neither a finished run nor a bundle; name folders such as "
            "runs/NAME/fold0-seed0 or bundles/NAME"
        )
    if runs:
        _training.require_torch("benchmark of a run")
    elif needed:
        raise ConfigError("--yardstick needs a run, whose corpus and fold it is measured on")
    return runs


def _yardstick(run: Path, cache: Path, bars: Bars) -> Entry:
    from lightspeech.workflows import benchmark as of_runs

    return of_runs.of_yardstick(run.resolve(), cache, progress=bars.told)
